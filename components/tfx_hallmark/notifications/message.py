"""An event as a message to people."""

import contextlib

import msgspec

from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.answers.text import escape, second
from tfx_hallmark.notifications.cloud_event import cut_to
from tfx_hallmark.notifications.links import page_of
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.event_kinds import Published, Refused
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

_TITLE = 120  # characters; chats and mail programs show little more
_LINE = 2000


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What people are told.

    Attributes:
        title: The version and what happened to it, in a line.
        body: The same in full, why, by whom and when; a line each.
    """

    title: str
    body: str


def message_of(model: Model, event: Event) -> Message:
    """Return what people are told of an event.

    Raises:
        DeliveryError: If HALLMARK_UI_URL holds no address.
    """
    # The reason has a line of its own.
    happened = f"{event.model}@{event.data.version}: {sentence(msgspec.structs.replace(event, reason=''))}"
    lines = [_verdict(model, event) or happened]
    if event.reason and event.reason not in lines[0]:
        lines.append(f"reason: {event.reason}")
    lines.append(f"by {event.actor}, {second(event.time)}")
    told = [cut_to(escape(line), _LINE) for line in lines]
    page = page_of(event)
    return Message(
        title=cut_to(escape(happened), _TITLE),
        body="\n".join(told if page is None else [*told, page]),
    )


def _verdict(model: Model, event: Event) -> str:
    if isinstance(event.data, Published | Refused):
        # What it says is more than the event does, but no reason to leave people without word.
        with contextlib.suppress(HallmarkError):
            return model.version(event.data.version).decision(event.data.verdict).sentence
    return ""
