"""Lineage, on stores that are written as TFX writes them."""
