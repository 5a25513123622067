"""One way out for the events of a model: to a mirror, many at once, or to a channel, one after the other."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from tfx_hallmark.mirrors.opening import open_mirror
from tfx_hallmark.notifications.people import open_notification
from tfx_hallmark.notifications.webhook import open_webhook
from tfx_hallmark.registry.destinations import (
    Destination,
    MirrorSettings,
    NotificationSettings,
    WebhookSettings,
)
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

Sealed: TypeAlias = tuple[Event, str]


class Outlet(Protocol):
    """What brings events to one destination."""

    def split(self, waiting: Sequence[Sealed]) -> Sequence[Sealed]:
        """Return the first of the waiting events, as many as go at once."""

    def deliver(self, model: Model, events: Sequence[Sealed]) -> bool:
        """Bring them there; return whether any of them was to go there at all.

        Raises:
            HallmarkError: If they did not arrive.
        """


class MirrorOutlet:
    """Brings a mirror in step with all versions that events are about.

    Args:
        settings: The mirror.
        told: Told each version that is done.
    """

    def __init__(self, settings: MirrorSettings, told: Callable[[str], object]) -> None:
        self._mirror = open_mirror(settings.to)
        self._told = told

    def split(self, waiting: Sequence[Sealed]) -> Sequence[Sealed]:
        """Return all of them: a mirror shows what is true now."""
        return waiting

    def deliver(self, model: Model, events: Sequence[Sealed]) -> bool:
        """Bring the versions that they are about, after a quick look whether the mirror is there at all."""
        self._mirror.check_reachable()
        concerned = {event.data.version for event, _ in events}
        versions = [version for version in model.state.versions if version in concerned]
        self._mirror.bring(model, versions, told=self._told)
        return True


class ChannelOutlet:
    """Sends one event after the other, of the kinds that are wanted.

    Args:
        settings: The webhook, or the people.
    """

    def __init__(self, settings: WebhookSettings | NotificationSettings) -> None:
        self._channel = (
            open_webhook(settings) if isinstance(settings, WebhookSettings) else open_notification(settings)
        )
        self._wants = settings.wants

    def split(self, waiting: Sequence[Sealed]) -> Sequence[Sealed]:
        """Return those up to the first that is wanted: if a later one fails, this one need not come again."""
        for index, (event, _) in enumerate(waiting):
            if self._wants(event.kind):
                return waiting[: index + 1]
        return waiting

    def deliver(self, model: Model, events: Sequence[Sealed]) -> bool:
        """Send those that are wanted."""
        wanted = [(event, seal) for event, seal in events if self._wants(event.kind)]
        for event, seal in wanted:
            self._channel.send(model, event, seal)
        return bool(wanted)


def open_outlet(destination: Destination, *, told: Callable[[str], object]) -> Outlet:
    """Return the way to a destination; nothing is reached yet.

    Args:
        destination: What the settings say of it.
        told: Told each version that a mirror has.

    Raises:
        ConfigError: If nothing here knows such a destination.
        MirrorError: If a mirror's address names none.
    """
    if isinstance(destination, MirrorSettings):
        return MirrorOutlet(destination, told)
    if isinstance(destination, WebhookSettings | NotificationSettings):
        return ChannelOutlet(destination)
    msg = f"destination {destination.name!r} is of no kind that this hallmark knows: update tfx-hallmark"
    raise ConfigError(msg)
