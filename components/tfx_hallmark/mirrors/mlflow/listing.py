"""The versions of a registered model, all of them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion


def all_versions(client: "MlflowClient", name: str) -> "list[ModelVersion]":
    """Return all versions of a registered model, lowest number first; none if there is no such model."""
    found: list[ModelVersion] = []
    token = None
    while True:
        page = client.search_model_versions(f"name = '{name}'", page_token=token)
        found += page
        token = page.token
        if not token:
            return sorted(found, key=lambda version: int(version.version))
