"""Archives: one file that holds a version, or a model's whole history, to be taken to another registry."""
