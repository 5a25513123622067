"""What was stable when, from the moves of the label."""

import msgspec

from tfx_hallmark.registry.state import ModelState


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A time during which one release was stable.

    Attributes:
        version: Semantic version; empty while nothing was.
        release: Its release; 0 while nothing was.
        since: When it began, UTC.
        until: When it ended, UTC; empty if it is stable still.
    """

    version: str
    release: int
    since: str
    until: str


def last_stays(state: ModelState, count: int) -> list[Stay]:
    """Return the last times during which one release, or nothing, was stable, oldest first.

    Args:
        state: What the log says.
        count: How many at most.
    """
    moves = state.stable_moves[-count:]
    ends = [*(move.time for move in moves[1:]), ""]
    return [
        Stay(
            version="" if move.release is None else state.releases[move.release].version,
            release=move.release or 0,
            since=move.time,
            until=end,
        )
        for move, end in zip(moves, ends, strict=False)
    ]
