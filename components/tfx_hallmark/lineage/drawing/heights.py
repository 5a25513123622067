"""How high each node of a layered graph stands: as level with what it is joined to as the order allows."""

from collections.abc import Mapping, Sequence

from tfx_hallmark.lineage.drawing.layers import Layers

_SWEEPS = 16
# Ways of long edges are kept straight before nodes are kept level.
_WEIGHT_OF_WAY = 4.0


def heights_of(layers: Layers, sizes: Mapping[str, float], *, gap: float) -> dict[str, float]:
    """Return the middle of each slot, in pixels from the top; the highest slot begins at 0.

    Args:
        layers: The layers, in their final order.
        sizes: How high each slot is.
        gap: What must be free between two of a layer.
    """
    heights: dict[str, float] = {}
    for column in layers.columns:
        at = 0.0
        for slot in column:
            heights[slot] = at + sizes[slot] / 2
            at += sizes[slot] + gap
    left, right = layers.beside(left=True), layers.beside(left=False)
    for sweep in range(_SWEEPS):
        last = sweep >= _SWEEPS - 2
        columns = layers.columns if sweep % 2 == 0 else layers.columns[::-1]
        for column in columns:
            one_side = left if sweep % 2 == 0 else right
            wanted = [_wanted(slot, heights, (left, right) if last else (one_side,)) for slot in column]
            heights.update(zip(column, _place(column, wanted, sizes, gap), strict=True))
    top = min((heights[slot] - sizes[slot] / 2 for slot in heights), default=0.0)
    return {slot: height - top for slot, height in heights.items()}


def _wanted(slot: str, heights: Mapping[str, float], sides: Sequence[Mapping[str, list[str]]]) -> float:
    joined = [heights[other] for side in sides for other in side.get(slot, ())]
    return sum(joined) / len(joined) if joined else heights[slot]


def _place(
    column: Sequence[str], wanted: Sequence[float], sizes: Mapping[str, float], gap: float
) -> list[float]:
    """Return the heights nearest to the wanted ones, in least squares, that keep order and gaps.

    Without the gaps this is isotonic regression, which pooling adjacent violators solves exactly.
    """
    offsets, at = [], 0.0
    for slot in column:
        offsets.append(at + sizes[slot] / 2)
        at += sizes[slot] + gap
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many slots
    for slot, want, offset in zip(column, wanted, offsets, strict=True):
        mean, weight, count = want - offset, _WEIGHT_OF_WAY if ">" in slot else 1.0, 1
        while pools and pools[-1][0] > mean:
            above, above_weight, above_count = pools.pop()
            mean = (mean * weight + above * above_weight) / (weight + above_weight)
            weight, count = weight + above_weight, count + above_count
        pools.append((mean, weight, count))
    shifts = [mean for mean, _, count in pools for _ in range(count)]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]
