"""Answers only what is addressed to this server by a name it knows.

A page of a stranger can make its own name resolve to 127.0.0.1 (DNS rebinding) and would then be of the
same origin as ours; but the browser sends that name as Host.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class KnownHosts:
    """Refuses requests for other hosts with 421 Misdirected Request.

    Args:
        app: What answers the others.
        hosts: Names or addresses, without port; any port will do.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(map(_plain, hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and not self._knows(Headers(scope=scope).getlist("host")):
            answer = PlainTextResponse(
                "this server does not answer to that host name: start it with --allowed-host NAME\n", 421
            )
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, given: list[str]) -> bool:
        return len(given) == 1 and without_port(given[0]) in self._hosts


def without_port(host: str) -> str:
    """Return the name or address in a Host header, in lower case and without brackets."""
    name, colon, port = host.rpartition(":")
    # `[::1]` ends with a bracket, and its last colon is part of the address.
    return _plain(name if colon and port.isdigit() else host)


def _plain(host: str) -> str:
    return host.lower().removeprefix("[").removesuffix("]").removesuffix(".")
