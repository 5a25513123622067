"""MLflow: a run for each version, a registered model version for each that was published, aliases for labels."""
