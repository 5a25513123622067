"""Connections that TFX and ML Metadata log show no password, whatever characters it has."""

import pytest
from absl import logging as absl_logging
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx.proto.orchestration.metadata_pb2 import MLMDConnectionConfig

from tfx_hallmark.lineage.connection.log_filter import passwords_hidden


def connections(password):
    """Connections with a password, alone and inside what LocalDagRunner logs."""
    mysql = mlmd.ConnectionConfig()
    mysql.mysql.host, mysql.mysql.password = "db", password
    postgresql = mlmd.ConnectionConfig()
    postgresql.postgresql.password, postgresql.postgresql.ssloption.sslpassword = password, password
    return [mysql, postgresql, MLMDConnectionConfig(database_connection_config=mysql)]


@pytest.mark.parametrize(
    "password", ["swordfish", 'swordfish"quoted', "swordfish\\", "swordfish\nline", "swordfish é"]
)
def test_no_part_of_a_password_is_logged(password, caplog):
    with passwords_hidden(), caplog.at_level("INFO", logger="absl"):
        for connection in connections(password):
            absl_logging.info("Using connection config:\n %s", connection)
        absl_logging.info("the password is wrong, %s", "they say")
    assert "swordfish" not in caplog.text
    assert caplog.text.count('password: "***"') == 4
    assert 'host: "db"' in caplog.text
    assert "the password is wrong, they say" in caplog.text


def test_afterwards_logs_are_as_before(caplog):
    with passwords_hidden():
        pass
    with caplog.at_level("INFO", logger="absl"):
        absl_logging.info("Using connection config:\n %s", connections("swordfish")[0])
    assert "swordfish" in caplog.text
