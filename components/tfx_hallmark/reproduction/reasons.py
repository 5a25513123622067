"""Why a reproduction came no nearer, read off its plan."""

from collections.abc import Sequence

from tfx_hallmark.registry.reproduction import PlanItem, WeightsCompared


def reasons(plan: Sequence[PlanItem], weights: WeightsCompared, *, transform: bool) -> tuple[str, ...]:
    """Return what may explain that weights are not equal; nothing if they are.

    Args:
        plan: The plan that was followed.
        weights: The weights, held against the recorded ones.
        transform: Whether Transform ran again.
    """
    if weights.bit_equal:
        return ()
    found = []
    if transform:
        found.append(
            "Transform ran again: its sums over rows in another order differ in their last digits, and so does all "
            "that is trained on them"
        )
    found += [_told(item) for item in plan if item.standing != "there"]
    if not found:
        found.append(
            "everything on record is as it was, so the training itself is not repeatable: the module reads rows in "
            "an order that varies, draws from a generator without a seed, or leaves op determinism off"
        )
    return tuple(found)


def _told(item: PlanItem) -> str:
    change = (
        f"{item.recorded} -> {item.found or 'nothing'}" if item.standing in ("differs", "missing") else ""
    )
    said = ", ".join(filter(None, (change, item.note)))
    return f"{item.name} {'is not known to be the same' if item.standing == 'unknown' else item.standing}" + (
        f": {said}" if said else ""
    )
