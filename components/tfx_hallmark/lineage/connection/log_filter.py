"""Keeps the database password out of logs.

LocalDagRunner logs the whole connection, password included, for every run ("Using connection config" in
tfx/orchestration/local/local_dag_runner.py); ML Metadata does so when debug messages are on.
"""

import contextlib
import logging
import re
from collections.abc import Iterator

# As protobuf writes it in text: in double quotes, with escapes.
_PASSWORD = re.compile(r'(password: )"(?:[^"\\]|\\.)*"')


@contextlib.contextmanager
def passwords_hidden() -> Iterator[None]:
    """Replace passwords by `***` in what TFX and ML Metadata log of their connections meanwhile."""
    logger = logging.getLogger("absl")
    logger.addFilter(_hide)
    try:
        yield
    finally:
        logger.removeFilter(_hide)


def _hide(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    if "password" in message:
        record.msg, record.args = _PASSWORD.sub(r'\1"***"', message), None
    return True
