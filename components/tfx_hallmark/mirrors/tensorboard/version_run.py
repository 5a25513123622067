"""The run of one version: its session of HParams, its metrics, the verdict, the training curve."""

import datetime
import math

from tfx_hallmark.answers.judged import measures_of
from tfx_hallmark.mirrors.metric_tags import metric_values
from tfx_hallmark.mirrors.parameters import parameters
from tfx_hallmark.mirrors.tensorboard.events import Event, beginning, scalars, session, text
from tfx_hallmark.mirrors.tensorboard.markdown import plain, table
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.verdict import Check, Verdict
from tfx_hallmark.registry.version import Version


def version_events(version: Version, step: int) -> list[Event]:
    """Return all that the run of a version holds. Labels and releases are no part of it: they move.

    Args:
        version: The version.
        step: Which version of its model it is, counted from 1; its metrics stand there, as on the model's line.
    """
    manifest = version.manifest
    created = version.state.created
    found = beginning(created)
    found += session(_started(manifest, created), created, str(version), parameters(manifest.provenance))
    for epoch in version.training_curve.epochs if version.training_curve else ():
        values = {f"training/{name}": value for name, value in epoch.metrics.items()}
        found += scalars(epoch.time, epoch.epoch, values)
    found += scalars(created, step, metric_values(measures_of(version)))
    found.append(text(created, step, "version", _identity(manifest)))
    if version.verdict is not None:
        found.append(text(created, step, "verdict", _verdict(version.verdict)))
    return found


def _started(manifest: Manifest, ended: str) -> str:
    """Return when the training began, as far as that is known: HParams shows how long a session took."""
    cost = manifest.provenance.cost
    took = 0.0 if cost is None or cost.seconds is None else cost.seconds
    at = datetime.datetime.fromisoformat(ended.replace("Z", "+00:00"))
    return (at - datetime.timedelta(seconds=took)).isoformat()


def _identity(manifest: Manifest) -> str:
    made_from = manifest.provenance
    told = {
        "digest": manifest.digest,
        "tag": manifest.tag,
        "number": f"{manifest.bump}: {'; '.join(manifest.reasons)}" if manifest.reasons else manifest.bump,
        "git commit": (made_from.code.commit if made_from.code else None) or "",
        "examples": made_from.data.uri if made_from.data else "",
        "pipeline run": (made_from.run.run_id if made_from.run else None) or "",
        "description": manifest.description,
    }
    return table(
        ["", f"{plain(manifest.model)} {plain(manifest.version)}"], [(k, v) for k, v in told.items() if v]
    )


def _verdict(verdict: Verdict) -> str:
    parts = [f"**{plain(verdict.sentence)}**"]
    if len(verdict.reasons) > 1:
        parts.append("\n".join(f"- {plain(reason.text)}" for reason in verdict.reasons))
    if verdict.checks:
        headers = ["metric", "slice", "required", "version", "baseline", "met"]
        parts.append(table(headers, [_row(check) for check in verdict.checks]))
    return "\n\n".join(parts)


def _row(check: Check) -> tuple[str, ...]:
    met = "not judged" if not check.judged else "yes" if check.passed else "no"
    values = (_number(check.candidate), _number(check.baseline))
    return (check.metric, check.slice, check.threshold, *values, met)


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"
