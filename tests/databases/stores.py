"""Connections to stores of every kind, and what the tests of them have in common."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.registry.errors import HallmarkError


@contextlib.contextmanager
def told(error: type[HallmarkError], *parts: object) -> Iterator[pytest.ExceptionInfo[HallmarkError]]:
    """Expects an error of exactly this class, in one line with these parts."""
    with pytest.raises(error) as caught:
        yield caught
    message = str(caught.value)
    assert caught.type is error
    assert "\n" not in message
    for part in parts:
        assert str(part) in message


def sqlite(file: Path) -> mlmd.ConnectionConfig:
    """A connection to a SQLite file, which is made if it is not there."""
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return config


def register(opened: MetadataStore, name: str = "Thing") -> list[str]:
    """Registers an artifact type, and gives the names of all."""
    opened.put_artifact_type(mlmd.ArtifactType(name=name))
    return [kind.name for kind in opened.get_artifact_types()]


def reaching(backend: str, host: str, port: int) -> mlmd.ConnectionConfig | mlmd.MetadataStoreClientConfig:
    """A connection of each kind of server to some place."""
    if backend == "grpc":
        return mlmd.MetadataStoreClientConfig(host=host, port=port)
    config = mlmd.ConnectionConfig()
    part = getattr(config, backend)
    part.host, part.user, part.password = host, "somebody", "secret-password"
    if backend == "mysql":
        part.port, part.database = port, "mlmd"
    else:
        part.port, part.dbname = str(port), "mlmd"
    return config
