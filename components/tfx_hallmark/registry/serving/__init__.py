"""What TF Serving is told to serve: `models.config`, the order of its changes, and what servers really serve."""
