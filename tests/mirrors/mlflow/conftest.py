"""MLflow as a server of its own, and as a database that the client opens by itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mirrors.mlflow.seen import client
from tests.mirrors.mlflow.servers import mlflow_server


@pytest.fixture(autouse=True)
def mlflow_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What MLflow is asked here goes to nobody else, and is not tried again."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as address:
        yield address


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database with nothing in it, which takes seconds to make."""
    path = tmp_path_factory.mktemp("empty") / "mlflow.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        client(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> str:
    """The tracking URI of a database of this test alone."""
    (tmp_path / "mlflow").mkdir()
    shutil.copy(empty_database, tmp_path / "mlflow" / "mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow/mlflow.db"
