"""Published versions to operate on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tfx_hallmark.registry.model import Model

Make = Callable[[int], Path]
Publish = Callable[..., str]


@pytest.fixture
def publish(model: Model, make_candidate: Make) -> Publish:
    """Publishes another model past the gate and gives its version."""

    def push(number: int, *, label: str = "stable") -> str:
        version = model.tag(make_candidate(number)).version
        model.push_unchecked(make_candidate(number), version, reason="a test", label=label)
        return version

    return push


@pytest.fixture
def three(publish: Publish) -> list[str]:
    """Three versions, stable one after the other as releases 1, 2 and 3."""
    return [publish(number) for number in (1, 2, 3)]
