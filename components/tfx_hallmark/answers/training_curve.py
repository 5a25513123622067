"""How a training went, in a few words."""

from tfx_hallmark.answers.text import counted, number
from tfx_hallmark.registry.training_curve import TrainingCurve

_LOSSES = ("val_loss", "loss")  # what says most of a training, if it was measured


def curve_facts(curve: TrainingCurve) -> list[tuple[str, str]]:
    """Return what there is to say of a curve, a name and a text each."""
    return [("curve", _summary(curve)), *((f"{kind} run", run) for kind, run in sorted(curve.runs.items()))]


def _summary(curve: TrainingCurve) -> str:
    told = counted(len(curve.epochs), "epoch")
    loss = next((name for name in _LOSSES if any(name in epoch.metrics for epoch in curve.epochs)), None)
    if loss is None:
        return told
    last = curve.epochs[-1].metrics.get(loss)
    best = min((epoch for epoch in curve.epochs if loss in epoch.metrics), key=lambda one: one.metrics[loss])
    told += f"; {loss} {'no finite number' if last is None else number(last)} at the end"
    if best.metrics[loss] == last:
        return f"{told}, the best"
    return f"{told}, best {number(best.metrics[loss])} in epoch {best.epoch}"
