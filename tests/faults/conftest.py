from collections.abc import Iterator

import pytest

from tests.faults.crew import Crew


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """A warm server of worker processes."""
    with Crew() as started:
        yield started
