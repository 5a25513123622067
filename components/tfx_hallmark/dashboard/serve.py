"""Runs the page until it is interrupted."""

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Callable

import uvicorn

from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.errors import ConfigError

_GRACE_SECONDS = 3  # for requests that are being answered when the server is told to end
_BACKLOG = 128


def serve(settings: Settings, *, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve the page until SIGINT or SIGTERM.

    Args:
        settings: What is served, and to whom.
        host: Address to bind to.
        port: Port; 0 for any that is free.
        announce: Called once with the page's address, when it can be opened.

    Raises:
        NotFoundError: If the root is no registry.
        ConfigError: If the address cannot be bound.
    """
    with _listen(host, port) as bound:
        config = uvicorn.Config(
            create_app(settings),
            http="h11",
            ws="none",
            lifespan="off",
            # Warnings and defects go to standard error, as Python's logging does by itself.
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            # Who asks, and for which host, is what the connection says; anybody can write X-Forwarded-For.
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        # uvicorn ends as it was asked to, and then raises the interrupt again.
        with contextlib.suppress(KeyboardInterrupt):
            _Server(config, lambda: announce(_address(bound))).run(sockets=[bound])


class _Server(uvicorn.Server):
    """Says when it listens, not before."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        # With the protocol named: asyncio turns Nagle's algorithm off only then, which costs 40 ms an answer.
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(_BACKLOG)
        except OSError:
            bound.close()
            raise
        return bound
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            msg = f"port {port} of {host} is taken: give another by --port, or --port 0 for any that is free"
        else:
            msg = f"cannot listen on port {port} of {host} ({error}): check --host and --port"
        raise ConfigError(msg) from error


def _address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    at = ipaddress.ip_address(host)
    if at.is_unspecified:
        host = "127.0.0.1" if at.version == 4 else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
