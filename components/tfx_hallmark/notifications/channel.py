"""What takes the events of a model, one after the other."""

from typing import Protocol

from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model


class Channel(Protocol):
    """A webhook, or people who are told."""

    def send(self, model: Model, event: Event, seal: str) -> None:
        """Send one event; it may come a second time if an answer was lost.

        Args:
            model: The model.
            event: The event.
            seal: The event's seal, which names it among all events of all registries.

        Raises:
            DeliveryError: If it did not arrive, or was not taken.
        """
