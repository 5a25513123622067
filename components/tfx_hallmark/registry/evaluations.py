"""Evaluations of versions on further data: in one line each, and side by side in a comparison."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry.verdict import OVERALL, Evidence

if TYPE_CHECKING:
    from tfx_hallmark.registry.comparison import VersionComparison

_TOLD = 3  # how many metrics a summary names
_COUNT = "example_count"  # tensorflow_model_analysis/metrics/example_count.py


def evaluation_summary(evidence: Evidence) -> str:
    """Return what was measured on all examples, in a line: `accuracy 0.91, auc 0.97 (334 examples)`."""
    found = {one.metric: one.value for one in evidence.metrics if one.slice == OVERALL}
    count = found.pop(_COUNT, None)
    # What has a threshold is what people watch.
    watched = dict.fromkeys(one.metric for one in evidence.comparisons if one.metric in found)
    told = list(dict.fromkeys([*watched, *found]))[:_TOLD]
    values = ", ".join(
        f"{name} {'-' if found[name] is None else format(found[name], '.4g')}" for name in told
    )
    return (values or "nothing measured") + ("" if count is None else f" ({count:,.0f} examples)")


def with_evaluations(
    comparison: "VersionComparison", data: str, found: Sequence[Evidence]
) -> "VersionComparison":
    """Return a comparison with a section of its own for what its versions were measured at on further data.

    Args:
        comparison: The comparison.
        data: Where the data lies; it stands in the section's title.
        found: What was measured of each of its versions, in their order.
    """
    # Only now: a comparison reads versions, and those may be evaluated.
    from tfx_hallmark.registry.comparing.measures import measured
    from tfx_hallmark.registry.comparing.reading import Stored
    from tfx_hallmark.registry.comparison import Row, Section
    from tfx_hallmark.registry.version_facts import metric_name

    kept = [
        Stored(
            verdict=None,
            evidence=evidence,
            packages=None,
            schema_text=None,
            module_source=None,
            code_diff=None,
        )
        for evidence in found
    ]
    rows = []
    for metric in measured(kept):
        values = tuple(reading.value for reading in metric.readings)
        rows.append(
            Row(
                name=metric_name(metric.metric, metric.slice),
                values=values,
                changed=any(value != values[0] for value in values),
                unit="metric",
                measured=metric,
            )
        )
    section = Section(title=f"Metrics on {data}", rows=tuple(rows))
    equal = comparison.equal + sum(not row.changed for row in rows)
    return msgspec.structs.replace(comparison, sections=(section, *comparison.sections), equal=equal)
