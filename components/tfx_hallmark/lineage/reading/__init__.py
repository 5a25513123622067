"""Asks a metadata store: by ids, in batches, level by level."""
