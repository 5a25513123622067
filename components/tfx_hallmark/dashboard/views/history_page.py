"""A page of a model's events."""

import msgspec

from tfx_hallmark.answers.history import LoggedEvent, logged
from tfx_hallmark.registry.model import Model


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some events in a row.

    Attributes:
        events: Newest first.
        total: How many events the model has.
        newer: What `before` is on the page of newer ones: 0 for the newest of all; None if there are none.
        older: What `before` is on the page of older ones; None if there are none.
    """

    events: list[LoggedEvent]
    total: int
    newer: int | None
    older: int | None


def history_page(model: Model, *, before: int = 0, size: int = 12) -> HistoryPage:
    """Read a page of events.

    Args:
        model: The model.
        before: Only events whose position is less; 0 for the newest.
        size: How many at most.

    Raises:
        CorruptLogError: If one is damaged or missing.
    """
    total = model.state.seq
    first = min(before - 1, total) if before > 0 else total
    last = max(first - size, 0)
    newer = first + size + 1
    return HistoryPage(
        events=[logged(model.event(seq)) for seq in range(first, last, -1)],
        total=total,
        newer=None if first == total else 0 if newer > total else newer,
        older=last + 1 if last > 0 else None,
    )
