"""A row of numbers as a line of blocks, for a terminal."""

import itertools
from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], *, width: int = 60) -> str:
    """Draw values from left to right, the least as the lowest block and the greatest as the highest.

    Args:
        values: Finite numbers.
        width: How many blocks at most; with more values than that, each block is the mean of neighbours.
    """
    shown = _in_groups(values, width) if len(values) > width else list(values)
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    # Halved, for the difference of two huge numbers may be no number any more.
    room = high / 2 - low / 2
    if room <= 0:
        return _BLOCKS[len(_BLOCKS) // 2] * len(shown)
    top = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round((value / 2 - low / 2) / room * top)] for value in shown)


def _in_groups(values: Sequence[float], groups: int) -> list[float]:
    edges = [len(values) * number // groups for number in range(groups + 1)]
    # Divided first, for the sum of huge numbers may be no number any more.
    return [
        sum(value / (end - start) for value in values[start:end]) for start, end in itertools.pairwise(edges)
    ]
