"""Runs any TFX pipeline on Airflow and Kubeflow Pipelines, by the rules that those really follow."""
