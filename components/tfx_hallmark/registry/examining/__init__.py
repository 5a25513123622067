"""Looking a model over: its records, its releases, what killed processes left; and what mends it."""
