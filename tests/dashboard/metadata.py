"""A store of ML Metadata that knows the versions of a registry."""

from pathlib import Path

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.dashboard.registries import Say, plainly
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.connection.address import Connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.registry.registry import Registry


def write_metadata(file: Path, registry: Registry, say: Say = plainly) -> Connection:
    """Records a pipeline run for each version of `penguin`; gives the connection to the store.

    Args:
        file: The SQLite file to make.
        registry: The registry.
        say: Makes the text of each field from what the field is.
    """
    connection = mlmd.ConnectionConfig()
    connection.sqlite.filename_uri = str(file)
    connection.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    initialise_store(connection)
    store = open_store(connection)
    pipeline = PenguinPipeline(store, root=say("pipeline-root"), registry_root=str(registry.root))
    for version in registry.model("penguin").versions():
        run = pipeline.train(settings={say("setting"): say(version.version)})
        pipeline.tag(run, version.version, version.digest, manifest=version.state.manifest)
        if version.releases or version.state.status == "refused":
            outcome = "published" if version.releases else "refused"
            pipeline.push(run, outcome, release=max(version.releases, default=0))
    artifacts, executions = store.get_artifacts(), store.get_executions()
    for number, node in enumerate((*artifacts, *executions)):
        node.custom_properties[say("property")].string_value = say("property-value")
        node.name = say(f"node-{number}")
    store.put_artifacts(artifacts)
    store.put_executions(executions)
    return connection
