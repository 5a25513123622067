"""The answer of `deliveries` and `deliver`: what waits for which destination, and what the last attempts came to."""

import msgspec

from tfx_hallmark.registry.destinations import (
    Destination,
    MirrorSettings,
    NotificationSettings,
    WebhookSettings,
)
from tfx_hallmark.registry.redaction import redacted


class AttemptTold(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to deliver.

    Attributes:
        time: When it began, UTC.
        first: Position of the first event that it was about.
        last: Position of the last one.
        seconds: How long it took.
        outcome: `delivered`, `failed` or `skipped`.
        error: Why it failed; empty if it did not.
    """

    time: str
    first: int
    last: int
    seconds: float
    outcome: str
    error: str


class DestinationTold(msgspec.Struct, frozen=True, kw_only=True):
    """How the deliveries of one model to one destination stand.

    Attributes:
        model: The model's name.
        destination: The destination's name.
        kind: `mirror`, `webhook` or `notification`.
        to: Where it is, as far as that is no secret.
        delivered: Position of the last event that is there, or that it does not want; 0 for none.
        waiting: How many events come after that.
        failures: How many attempts in a row have failed.
        attempts: The last attempts, newest first.
    """

    model: str
    destination: str
    kind: str
    to: str
    delivered: int
    waiting: int
    failures: int
    attempts: list[AttemptTold]


class DeliveriesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `deliveries` and `deliver`.

    Attributes:
        root: The registry root.
        dry_run: Whether nothing was delivered, though that is what the command does.
        destinations: By model, then as the settings list them.
    """

    root: str
    dry_run: bool = False
    destinations: list[DestinationTold]


def kind_of(destination: Destination) -> str:
    """Return what kind a destination is, in a word."""
    if isinstance(destination, MirrorSettings):
        return "mirror"
    return "webhook" if isinstance(destination, WebhookSettings) else "notification"


def place_of(destination: Destination) -> str:
    """Return where a destination is, without what may be secret in it."""
    if isinstance(destination, MirrorSettings):
        return redacted(destination.to)
    if isinstance(destination, WebhookSettings):
        return redacted(destination.url)
    return f"${destination.url_env}" if isinstance(destination, NotificationSettings) else ""
