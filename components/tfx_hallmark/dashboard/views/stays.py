"""What was stable when, from the moves of the label."""

from tfx_hallmark.dashboard.charts.timeline import Stay
from tfx_hallmark.registry.state import ModelState


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
