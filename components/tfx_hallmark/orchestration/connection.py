"""How a node of a compiled pipeline reaches ML Metadata, with no secret in any file.

The connection is part of the IR (tfx/orchestration/local/runner_utils.py), its password with it. So the
password is taken out when a pipeline is compiled, and put back from the environment when a node starts.
"""

import os
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration.local import runner_utils
from tfx.proto.orchestration import pipeline_pb2

from tfx_hallmark.registry.errors import ConfigError

PASSWORD_VARIABLE = "HALLMARK_METADATA_PASSWORD"  # noqa: S105 - the name, not the password


def take_password_out(ir: pipeline_pb2.Pipeline) -> bool:
    """Remove the password of the metadata database from an IR, and tell whether there was one.

    Raises:
        ConfigError: If the IR names no metadata store, or holds another secret, or a path that
            depends on the working directory.
    """
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    ir.deployment_config.Unpack(deployment)
    known = runner_utils.extract_mlmd_connection(deployment.metadata_connection_config)
    kind = known.WhichOneof("connection_config")
    if kind is None:
        msg = f"pipeline {ir.pipeline_info.id} has no metadata_connection_config: its nodes meet there, so give it one"
        raise ConfigError(msg)
    connection = getattr(known, kind)
    if isinstance(connection, metadata_store_pb2.MetadataStoreClientConfig):
        _check_client(connection)
        return False
    _check_file(connection)
    database = _database(connection)
    if not getattr(database, "password", ""):
        return False
    database.password = ""
    deployment.metadata_connection_config.Pack(connection)
    ir.deployment_config.Pack(deployment)
    return True


def put_password_in(connection: metadata_store_pb2.ConnectionConfig) -> None:
    """Give a connection the password that was taken out of it.

    Raises:
        ConfigError: If the environment does not have it.
    """
    password = os.environ.get(PASSWORD_VARIABLE)
    if not password:
        msg = f"the password of ML Metadata's database is in no file: set {PASSWORD_VARIABLE} where the nodes run"
        raise ConfigError(msg)
    _database(connection).password = password


def _database(connection: metadata_store_pb2.ConnectionConfig) -> Any:
    return getattr(connection, connection.WhichOneof("config"))


def _check_client(connection: metadata_store_pb2.MetadataStoreClientConfig) -> None:
    if connection.ssl_config.client_key:
        msg = "the metadata connection holds a private key (ssl_config.client_key), and no file may: use one without"
        raise ConfigError(msg)


def _check_file(connection: metadata_store_pb2.ConnectionConfig) -> None:
    file = connection.sqlite.filename_uri
    if file and not os.path.isabs(file):  # noqa: PTH117 - may be a file: URI
        msg = f"the metadata file '{file}' is relative, but nodes run in other working directories: make it absolute"
        raise ConfigError(msg)
