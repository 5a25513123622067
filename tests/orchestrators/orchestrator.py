"""What every orchestrator's harness can do, and the three runs that each of them is asked for."""

from pathlib import Path
from typing import Protocol

DEFAULTS: tuple[str, ...] = ()
CRIPPLED = ("trainer.learning_rate=1e-5",)
BETTER = ("trainer.steps=300", "trainer.hidden_units=[32]")


class Orchestrator(Protocol):
    """A running orchestrator, with a registry root of its own."""

    registry: Path
    metadata: Path | None  # ML Metadata's SQLite file; None where the orchestrator keeps its own

    def run(self, *settings: str) -> None:
        """Runs the penguin pipeline once, with `section.key=value` overrides; raises if it failed."""
