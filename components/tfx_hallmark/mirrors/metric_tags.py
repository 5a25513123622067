"""What a metric on a slice is called where a mirror draws it."""

from tfx_hallmark.answers.judged import Measures
from tfx_hallmark.registry.verdict import OVERALL


def metric_tag(metric: str, where: str) -> str:
    """Name a metric on a slice: `accuracy`, `accuracy/island:Biscoe`; what stands before the `/` groups the charts."""
    metric = metric.replace("/", "_")
    return metric if where == OVERALL else f"{metric}/{where.replace('/', '_')}"


def metric_values(measured: Measures) -> dict[str, float]:
    """Return what was measured of a version by those names."""
    return {
        metric_tag(place.metric, place.slice): measure.value
        for place, measure in measured.at.items()
        if measure.value is not None
    }
