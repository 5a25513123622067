"""Where an MLflow is, and whether it can be written to now; told without importing MLflow."""

import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from tfx_hallmark.registry.errors import MirrorError

_SECONDS = 5.0  # a server that needs longer to say that it is well is not


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """An MLflow, and where in it a model goes.

    Attributes:
        uri: What MLflow calls the tracking URI.
        experiment: The experiment; None for one that is named after the model.
    """

    uri: str
    experiment: str | None = None

    @property
    def is_server(self) -> bool:
        """Whether a server answers there."""
        return self.uri.startswith(("http://", "https://"))

    @property
    def shown(self) -> str:
        """The same without a user's name or password."""
        parts = urlsplit(self.uri)
        return (
            self.uri
            if "@" not in parts.netloc
            else parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        )

    @property
    def folder(self) -> Path | None:
        """The folder that holds its database or its files; None if it is not on a disk that is known."""
        if self.uri.startswith("sqlite:///"):
            return Path(urlsplit(self.uri).path.removeprefix("/")).absolute().parent
        if self.uri.startswith("file://"):
            return Path(unquote(urlsplit(self.uri).path))
        return None

    def check(self) -> None:
        """Make sure that it can be written to now, as far as that shows from outside.

        Raises:
            MirrorError: If it cannot.
        """
        if self.is_server:
            self._ask()
        elif self.folder is not None:
            there = next(path for path in (self.folder, *self.folder.parents) if path.exists())
            missing = self.uri.startswith("sqlite:") and there != self.folder
            if missing or not there.is_dir() or not os.access(there, os.W_OK):
                msg = f"MLflow at {self.shown} cannot be written to: {self.folder} is no folder that may be written"
                raise MirrorError(msg)

    def _ask(self) -> None:
        address = f"{self.uri.rstrip('/')}/health"
        if "@" in urlsplit(self.uri).netloc:
            address = f"{self.shown.rstrip('/')}/health"
        try:
            with urllib.request.urlopen(address, timeout=_SECONDS, context=_trust()):  # noqa: S310 a web address
                return
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):  # it is there; who may do what is told when something is asked
                return
            why = f"it answers {error.code} to /health"
        except (OSError, ValueError) as error:
            why = str(getattr(error, "reason", None) or error)
        msg = f"MLflow at {self.shown} cannot be reached: {why}"
        raise MirrorError(msg)


def parse_place(text: str) -> Place:
    """Read what stands after `mlflow:`.

    Raises:
        MirrorError: If it is no place that an MLflow can be at.
    """
    uri, _, query = text.partition("?experiment=")
    experiment = parse_qs(f"experiment={query}").get("experiment", [None])[0] if query else None
    scheme = urlsplit(uri).scheme
    if not scheme:
        uri = Path(uri).expanduser().absolute().as_uri()
    elif scheme in ("http", "https"):
        uri = uri.rstrip("/")
        if not urlsplit(uri).hostname:
            msg = f"mlflow:{text} names no server: write mlflow:http://HOST:PORT"
            raise MirrorError(msg)
    elif scheme == "sqlite" and not uri.startswith("sqlite:///"):
        msg = f"mlflow:{text} names no database: write mlflow:sqlite:///FILE, with a fourth / for an absolute path"
        raise MirrorError(msg)
    return Place(uri=uri, experiment=experiment)


def _trust() -> ssl.SSLContext:
    """Check certificates as MLflow's own settings say."""
    context = ssl.create_default_context(cafile=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None)
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
