"""Somebody who receives, and an event for them."""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.notifications.receiver import Receiver, receiving
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no page and no certificate of this machine takes part."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in ("HALLMARK_UI_URL", "SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who takes everything."""
    with receiving(Receiver()) as one:
        yield one


@pytest.fixture
def published(model: Model, publish: Callable[..., str]) -> tuple[Event, str]:
    """An event and its seal."""
    publish(1)
    *_, last = model.sealed_events()
    return last
