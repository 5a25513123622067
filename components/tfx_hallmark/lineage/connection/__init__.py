"""Where a metadata store is, how to open it, and what stands in the way."""
