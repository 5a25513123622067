"""An event in the form of CloudEvents 1.0, as one JSON document."""

import msgspec

from tfx_hallmark.answers.history import LoggedEvent, logged
from tfx_hallmark.notifications.links import Links, as_url, links_of
from tfx_hallmark.registry.events import Data, Event
from tfx_hallmark.registry.model import Model

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
TYPES = "io.github.tfx-hallmark."  # the kind of event follows
MOST = 64 * 1024  # bytes; what every consumer of CloudEvents should take
_CUT_TO = 1000  # characters


class Delivered(LoggedEvent, frozen=True, kw_only=True):
    """What receivers are told: all that `hallmark log --json` shows of the event, and more.

    Attributes:
        model: The model's name.
        links: Where more is to be found.
        data: The rest of the event; null if it is too long to be sent.
        cut: Whether the event was too long: `data` is left out, and texts end after a thousand characters.
    """

    model: str
    links: Links
    data: Data | None  # type: ignore[assignment]
    cut: bool = False


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope.

    Attributes:
        specversion: Version of the specification.
        id: The event's seal, which no other event of any registry has.
        source: The model, as the URL of its base path.
        type: `io.github.tfx-hallmark.` and the kind of event.
        subject: The version: `penguin@1.2.0`.
        time: When it happened, UTC.
        sequence: Its position in the model's log, with leading zeros so that it sorts as text.
        datacontenttype: What `data` is.
        data: The event.
    """

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    sequence: str
    datacontenttype: str = "application/json"
    data: Delivered


def cloud_event(model: Model, event: Event, seal: str) -> bytes:
    """Return an event as the body of a request, never longer than `MOST`.

    Args:
        model: The model.
        event: The event.
        seal: Its seal.

    Raises:
        DeliveryError: If HALLMARK_UI_URL holds no address.
    """
    whole = CloudEvent(
        id=seal,
        source=as_url(model.location),
        type=TYPES + event.kind,
        subject=f"{event.model}@{event.data.version}",
        time=event.time,
        sequence=f"{event.seq:020d}",
        data=Delivered(
            model=event.model, links=links_of(model, event), **msgspec.structs.asdict(logged(event))
        ),
    )
    body = msgspec.json.encode(whole)
    if len(body) <= MOST:
        return body
    return msgspec.json.encode(msgspec.structs.replace(whole, data=_shortened(whole.data)))


def _shortened(event: Delivered) -> Delivered:
    texts = {name: cut_to(getattr(event, name), _CUT_TO) for name in ("actor", "reason", "sentence")}
    return msgspec.structs.replace(event, data=None, cut=True, **texts)


def cut_to(text: str, most: int) -> str:
    """Return a text, cut to a number of characters, the last of them an ellipsis if it was longer."""
    return text if len(text) <= most else text[: most - 1] + "…"
