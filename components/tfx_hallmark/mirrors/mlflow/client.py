"""MLflow's client, silent, and what it complains of as one line of ours."""

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tfx_hallmark.mirrors.mlflow.place import Place
from tfx_hallmark.registry.errors import MirrorError

if TYPE_CHECKING:
    from mlflow import MlflowClient

# What MLflow reads when it is used. Whoever has set one of them keeps it.
_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # By default it tries for minutes; here the whole is done again later.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}
_LOGGERS = ("mlflow", "alembic", "urllib3")
_LONGEST = 300


@contextlib.contextmanager
def client_of(place: Place) -> Iterator["MlflowClient"]:
    """Give the client for a place; within, MLflow logs and warns of nothing, and what it raises is a MirrorError.

    Raises:
        MirrorError: If MLflow is not installed, cannot be reached, or does not take something.
    """
    with _settings(place):
        try:
            # It sets the levels of its own loggers.
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
        except ImportError as error:
            msg = f"MLflow needs its client here ({error}): pip install 'tfx-hallmark[mlflow]'"
            raise MirrorError(msg) from error
        with _silent():
            try:
                yield MlflowClient(tracking_uri=place.uri, registry_uri=place.uri)
            except (MlflowException, OSError) as error:
                msg = f"MLflow at {place.shown} failed: {_line(error)}"
                raise MirrorError(msg) from error
            except ImportError as error:
                msg = f"MLflow at {place.shown} needs more than its client here ({error}): pip install mlflow"
                raise MirrorError(msg) from error


def is_missing(error: Any) -> bool:
    """Tell whether MLflow says that there is no such thing."""
    return error.error_code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND")


def exists_already(error: Any) -> bool:
    """Tell whether MLflow says that there is such a thing already."""
    return bool(error.error_code == "RESOURCE_ALREADY_EXISTS")


@contextlib.contextmanager
def _settings(place: Place) -> Iterator[None]:
    # Some of its parts ask for the tracking URI by themselves, and would begin a database in the working directory.
    wanted = {"MLFLOW_TRACKING_URI": place.uri, **{k: v for k, v in _SETTINGS.items() if k not in os.environ}}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
