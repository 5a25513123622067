"""Where a receiver of an event finds more."""

import os
from pathlib import Path
from urllib.parse import quote

import msgspec

from tfx_hallmark.notifications.addresses import check_address
from tfx_hallmark.notifications.environment import UI_URL
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.redaction import redacted
from tfx_hallmark.registry.store_url import is_url


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Where more is to be found about an event.

    Attributes:
        page: The version's page in `hallmark ui`; null unless HALLMARK_UI_URL says where that is.
        release: Where the release lies that it is about, as a URL; null if it is about none.
    """

    page: str | None
    release: str | None


def links_of(model: Model, event: Event) -> Links:
    """Return where more is to be found about an event.

    Raises:
        DeliveryError: If HALLMARK_UI_URL holds no address.
    """
    release = getattr(event.data, "release", None)
    return Links(
        page=page_of(event),
        release=None if release is None else as_url(model.location_of(release)),
    )


def page_of(event: Event) -> str | None:
    """Return the address of the page of the version that an event is about; None if nobody said where pages are.

    Raises:
        DeliveryError: If HALLMARK_UI_URL holds no address.
    """
    base = os.environ.get(UI_URL, "").strip()
    if not base:
        return None
    check_address(base, UI_URL)
    return f"{base.rstrip('/')}/models/{quote(event.model)}/versions/{quote(event.data.version, safe='@:')}"


def as_url(location: str) -> str:
    """Return a location as a URL: as it stands in an object store, `file://` on this machine."""
    if is_url(location):
        return quote(redacted(location), safe="/:@")
    return Path(location).absolute().as_uri()
