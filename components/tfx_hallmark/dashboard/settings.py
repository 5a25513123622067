"""How the page is run."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.lineage.connection.address import Connection

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the page is run; read-only unless a token is set.

    Attributes:
        root: The registry root.
        metadata: Where ML Metadata is; None for no lineage.
        token: What a person must know to act; None for a page without actions.
        hosts: Host names, without port, that a request may be addressed to.
        committed: Called with a model's name after an action changed it.
    """

    root: Root
    metadata: "Connection | None" = None
    token: str | None = None
    hosts: tuple[str, ...] = LOCAL_HOSTS
    committed: Callable[[str], None] = lambda _: None
