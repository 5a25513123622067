"""What model servers really serve, asked over TF Serving's REST interface.

Its status request ignores labels (`get_model_status_impl.cc`), so what a label points to, and what a request
without one gets, is told by the metadata request, which resolves both as a prediction does.
"""

import http.client
import urllib.error
import urllib.request
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar
from urllib.parse import quote

import msgspec

from tfx_hallmark.registry.errors import InvalidAddressError
from tfx_hallmark.registry.web_addresses import web_address

_AVAILABLE = "AVAILABLE"
_ENDED = "END"
_AT_ONCE = 16
_MOST = 64 * 1024 * 1024  # bytes of an answer


class ServerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What one model server says of one model.

    Attributes:
        server: Its address.
        error: Why it could not be asked; None if it could.
        available: The versions that it has loaded, ascending.
        failed: Versions that it could not load, with the reason.
        default: The version that answers a request without a label; None for none.
        labels: The version that answers a request with a label, for each that was asked for; None for none.
    """

    server: str
    error: str | None = None
    available: tuple[int, ...] = ()
    failed: Mapping[int, str] = {}
    default: int | None = None
    labels: Mapping[str, int | None] = {}


class _Outcome(msgspec.Struct, frozen=True):
    error_code: str | int = "OK"
    error_message: str = ""


class _Numbered(msgspec.Struct, frozen=True):
    # An int64 is a string in protobuf's JSON.
    version: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}$")]

    @property
    def number(self) -> int:
        return int(self.version)


class _VersionStatus(_Numbered, frozen=True):
    state: str
    status: _Outcome = _Outcome()


class _Statuses(msgspec.Struct, frozen=True):
    model_version_status: list[_VersionStatus] = []


class _Metadata(msgspec.Struct, frozen=True):
    model_spec: _Numbered


F = TypeVar("F", _Statuses, _Metadata)


class _Failed(Exception):
    """A server that could not be asked."""


def check_address(address: str) -> str:
    """Return the address of a REST interface, without a slash at its end.

    Raises:
        InvalidAddressError: If it is no http or https URL of a host.
    """
    text = address.strip().rstrip("/")
    parts = web_address(text)
    unfit = parts is None or parts.query or parts.fragment or parts.username
    if unfit or not text.isprintable() or " " in text:
        msg = f"{address!r} is no address of a model server: write http://HOST:8501, its REST interface"
        raise InvalidAddressError(msg)
    return text


def ask_all(
    servers: Sequence[str], model: str, labels: Collection[str], *, timeout: float
) -> list[ServerStatus]:
    """Ask servers at the same time what they serve of a model; one that does not answer says why.

    Args:
        servers: Their addresses, as `check_address` returns them.
        model: The model's name.
        labels: The labels to ask about.
        timeout: Seconds to wait for each answer.
    """
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(lambda server: ask(server, model, labels, timeout=timeout), servers))


def ask(server: str, model: str, labels: Collection[str], *, timeout: float) -> ServerStatus:
    """Ask one server what it serves of a model; if it does not answer, the status says why.

    Args:
        server: Its address, as `check_address` returns it.
        model: The model's name.
        labels: The labels to ask about.
        timeout: Seconds to wait for each answer.
    """
    base = f"{server}/v1/models/{quote(model, safe='')}"
    try:
        available, failed = _versions(_get(base, _Statuses, timeout))
        return ServerStatus(
            server=server,
            available=available,
            failed=failed,
            default=_resolved(base, timeout) if available else None,
            labels={
                label: _resolved(f"{base}/labels/{quote(label, safe='')}", timeout) if available else None
                for label in labels
            },
        )
    except _Failed as error:
        return ServerStatus(server=server, error=str(error))


def loaded_everywhere(statuses: Iterable[ServerStatus]) -> frozenset[int]:
    """Return the versions that every server has loaded; one that could not be asked has none."""
    sets = [frozenset(status.available) for status in statuses]
    return frozenset.intersection(*sets) if sets else frozenset()


def _versions(answer: _Statuses | None) -> tuple[tuple[int, ...], dict[int, str]]:
    listed = () if answer is None else answer.model_version_status
    available = tuple(sorted(each.number for each in listed if each.state == _AVAILABLE))
    failed = {
        each.number: each.status.error_message
        for each in listed
        if each.state == _ENDED and each.status.error_code not in ("OK", 0)
    }
    return available, failed


def _resolved(url: str, timeout: float) -> int | None:
    answer = _get(f"{url}/metadata", _Metadata, timeout)
    return None if answer is None else answer.model_spec.number


def _get(url: str, form: type[F], timeout: float) -> F | None:
    """Return a document; None if the server does not have what is asked for, as an unknown model or label."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310 - checked by check_address
            return msgspec.json.decode(response.read(_MOST), type=form)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in (http.client.NOT_FOUND, http.client.BAD_REQUEST):
                return None
            msg = f"it answers {error.code} {error.reason}"
            raise _Failed(msg) from error
    except msgspec.ValidationError as error:
        msg = "it answers, but not as TF Serving does"
        raise _Failed(msg) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = "it answers, but with no JSON"
        raise _Failed(msg) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise _Failed(said) from error
