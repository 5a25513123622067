"""Finds out, within seconds, whether a database server answers.

ML Metadata's own connection attempt has no time limit, and nothing interrupts it: a host that drops packets
holds it for minutes, and a port where something else listens for ever; TFX then tries ten times over
(`Metadata.__enter__` in tfx/orchestration/metadata.py).
"""

import socket

from tfx_hallmark.lineage.connection.address import Address
from tfx_hallmark.lineage.errors import MetadataError

SECONDS = 10.0

# PostgreSQL's SSLRequest: its own length, and the code in place of a protocol version. A server answers it with
# one byte, whether it speaks TLS or not.
_SSL_REQUEST = bytes.fromhex("0000000804d2162f")


def reach(address: Address) -> None:
    """Check that a server is there and speaks what is expected of it.

    Args:
        address: Where the store is; a SQLite file is not looked at.

    Raises:
        MetadataError: If there is no such host, nothing listens, nothing answers within `SECONDS`, or what
            answers is something else.
    """
    # MySQL's client library takes this name for a Unix socket, so its TCP port says nothing.
    if address.kind == "SQLite" or (address.kind == "MySQL" and address.host == "localhost"):
        return
    at = f"{address.host}:{address.port}"
    try:
        with socket.create_connection((address.host, address.port), timeout=SECONDS) as server:
            complaint = _ANSWERS.get(address.kind, _nothing_to_ask)(server)
    except socket.gaierror as error:
        msg = f"cannot reach {address}: there is no host '{address.host}'; check its name"
        raise MetadataError(msg) from error
    except ConnectionRefusedError as error:
        msg = f"cannot reach {address}: nothing listens at {at}; check that the server runs, and its port"
        raise MetadataError(msg) from error
    except TimeoutError as error:
        msg = f"cannot reach {address}: no answer from {at} within {SECONDS:.0f} s; check host, port and firewall"
        raise MetadataError(msg) from error
    except OSError as error:
        msg = f"cannot reach {address}: {error.strerror or error}; check host and port"
        raise MetadataError(msg) from error
    if complaint:
        msg = f"cannot use {address}: {complaint}"
        raise MetadataError(msg)


def _greets_like_mysql(server: socket.socket) -> str:
    """Return what is wrong with the first packet, which in MySQL's protocol is the server's."""
    packet = server.recv(512)
    kind = packet[4:5]
    if kind == b"\x0a":
        return ""
    if kind == b"\xff":
        # Three bytes of a code, and in newer servers a `#` and five of an SQL state, stand before the text.
        text = packet[7:].decode(errors="replace")
        return f"the server turns this machine away: {text[6:] if text.startswith('#') else text}"
    return "what listens there is no MySQL or MariaDB server; check the port"


def _answers_like_postgresql(server: socket.socket) -> str:
    """Return what is wrong with the answer to a request for TLS."""
    server.sendall(_SSL_REQUEST)
    if server.recv(1) in (b"S", b"N", b"E"):
        return ""
    return "what listens there is no PostgreSQL server; check the port"


def _nothing_to_ask(_: socket.socket) -> str:
    return ""


_ANSWERS = {"MySQL": _greets_like_mysql, "PostgreSQL": _answers_like_postgresql}
