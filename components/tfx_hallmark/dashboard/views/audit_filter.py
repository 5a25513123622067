"""Which events a reader of the audit page wants."""

import datetime

from tfx_hallmark.answers.history import KINDS
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.events import Event


class AuditFilter:
    """Which events are wanted; an empty text wants all.

    Args:
        model: Those of this model.
        kind: Those of this kind.
        actor: Those whose actor has this in the name; case does not matter.
        since: Those of this day, `2026-11-21`, or later, UTC.
        until: Those of this day or earlier.
        before: Where the page begins, as the page before it said.

    Raises:
        ConfigError: If there is no such kind, or a day or `before` cannot be read.
    """

    def __init__(
        self,
        *,
        model: str = "",
        kind: str = "",
        actor: str = "",
        since: str = "",
        until: str = "",
        before: str = "",
    ) -> None:
        if kind and kind not in KINDS:
            msg = f"there is no kind of event {kind!r}: take one of {', '.join(KINDS)}"
            raise ConfigError(msg)
        self.model = model
        self.kind = kind
        self.actor = actor.strip()
        self.since = _day(since)
        self.until = _day(until)
        self.before = before
        self.positions = _positions(before)

    @property
    def end(self) -> str:
        """What sorts after every moment of the last wanted day; empty for none."""
        return self.until and f"{self.until}T99"

    def fits(self, event: Event) -> bool:
        """Tell whether an event is wanted."""
        if self.kind not in ("", event.kind) or self.actor.lower() not in event.actor.lower():
            return False
        return event.time >= self.since and (not self.end or event.time < self.end)

    def query(self, **changed: str | int) -> dict[str, str | int]:
        """Return the address's parameters, after some changes."""
        given: dict[str, str | int] = {
            "model": self.model,
            "kind": self.kind,
            "actor": self.actor,
            "since": self.since,
            "until": self.until,
        }
        return {name: value for name, value in {**given, **changed}.items() if value}


def _day(text: str) -> str:
    try:
        return str(datetime.date.fromisoformat(text)) if text else ""
    except ValueError:
        msg = f"{text!r} is no day: write it as 2026-11-21"
        raise ConfigError(msg) from None


def _positions(before: str) -> dict[str, int]:
    try:
        pairs = (part.rsplit(":", 1) for part in before.split(",") if part)
        return {name: int(seq) for name, seq in pairs}
    except ValueError:
        msg = f"no page of events begins at {before!r}: start from the newest"
        raise ConfigError(msg) from None
