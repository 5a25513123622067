"""Geometry of the charts: plain values into coordinates; templates draw them."""
