"""Stores of ML Metadata to write to."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.lineage import Lineage
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[[], MetadataStore]:
    """Makes an empty store in a SQLite file, `metadata.sqlite` in `tmp_path`; a second one is `metadata-1.sqlite`."""
    numbers = itertools.count()

    def make() -> MetadataStore:
        number = next(numbers)
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(
            tmp_path / (f"metadata-{number}.sqlite" if number else "metadata.sqlite")
        )
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        initialise_store(config)
        return open_store(config)

    return make


@pytest.fixture
def store(make_store: Callable[[], MetadataStore]) -> MetadataStore:
    """An empty store."""
    return make_store()


@pytest.fixture
def lineage(root: Path, store: MetadataStore) -> Lineage:
    """What that store knows of the versions of a registry."""
    return Lineage(Registry.open(root), store)
