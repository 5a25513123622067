"""Weights & Biases: a run and a model artifact for each version, aliases for labels; online or offline."""
