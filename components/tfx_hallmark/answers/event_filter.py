"""Which events of a log are wanted."""

import msgspec

from tfx_hallmark.registry.errors import InvalidTimeError
from tfx_hallmark.registry.events import Event


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are wanted; what is left out wants all.

    Attributes:
        kinds: Those of one of these kinds.
        actor: Those with this text in the name of who did it; case does not matter.
        since: Those of this time or later, as events have it.
        until: Those of this time or earlier.

    Raises:
        InvalidTimeError: If `since` is after `until`.
    """

    kinds: tuple[str, ...] = ()
    actor: str = ""
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since > self.until:
            msg = f"nothing is both since {self.since} and until {self.until}: give the earlier time as since"
            raise InvalidTimeError(msg)

    def fits(self, event: Event) -> bool:
        """Tell whether an event is wanted, by what it says itself: its own time, not its place in the log."""
        if self.kinds and event.kind not in self.kinds:
            return False
        if self.actor.casefold() not in event.actor.casefold():
            return False
        return (self.since or "") <= event.time and (self.until is None or event.time <= self.until)


EVERYTHING = EventFilter()
