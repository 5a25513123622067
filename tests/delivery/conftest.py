"""A registry whose events go to a receiver."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.delivery.receiver import Receiver
from tests.registry.root_settings import set_in
from tfx_hallmark.delivery.delivering import Deliverer
from tfx_hallmark.delivery.patience import Patience
from tfx_hallmark.registry.destinations import Destinations, WebhookSettings
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def hooked(root: Path, receiver: Receiver) -> Path:
    """A registry root all of whose events go to the receiver, as the webhook `ci`."""
    hook = WebhookSettings(name="ci", url=receiver.url)
    set_in(root, destinations=Destinations(webhooks=(hook,)))
    return root


@pytest.fixture
def deliverer(root: Path) -> Callable[..., Deliverer]:
    """Gives what delivers the events of `penguin`, with pauses that nobody notices."""

    def make(only: str | None = None, attempts: int = 5) -> Deliverer:
        patience = Patience(attempts=attempts, first=0.001)
        return Deliverer(Registry.open(root), "penguin", patience=patience, only=only, told=lambda _: None)

    return make


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port at which nobody listens, as long as the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
