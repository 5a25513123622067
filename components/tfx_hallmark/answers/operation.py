"""The answers of `rollback`, `promote`, `quarantine` and `unquarantine`: what was done, or would be."""

from typing import Any

import msgspec

from tfx_hallmark.answers.history import LoggedEvent, logged
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.serving_plan import ConfigFollowed, followed
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.operations import Operation
from tfx_hallmark.registry.plans import LabelMove, PromotionPlan, QuarantinePlan


class OperationAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of an operation, and of its dry run.

    Attributes:
        model: The model's name.
        kind: `rolled_back`, `promoted`, `quarantined` or `unquarantined`.
        dry_run: Whether nothing was done.
        version: The version that it is about: that the label moves to, or that is in quarantine or out.
        label: The label that moves; null if none does.
        release: What that label points to afterwards.
        path: That release's directory.
        from_version: The version that the label pointed to before; null for nothing.
        from_release: The release that it pointed to before; null for nothing.
        successor: Of a quarantine, the version that takes the place of the barred one.
        still_served: Of a quarantine, the number under which TF Serving goes on serving the version.
        events: What was committed, oldest first; empty for a dry run.
        sentence: What was done, or would be, in a sentence.
        warning: What is still to be done by hand; empty if nothing is.
        serving: How far `models.config` has followed; null under the policy `latest`, and for a dry run.
        served_by: The model servers that were seen to serve it; empty if none was waited for.
    """

    model: str
    kind: str
    dry_run: bool
    version: str
    label: str | None = None
    release: int | None = None
    path: str | None = None
    from_version: str | None = None
    from_release: int | None = None
    successor: str | None = None
    still_served: int | None = None
    events: list[LoggedEvent] = []
    sentence: str
    warning: str = ""
    serving: ConfigFollowed | None = None
    served_by: list[str] = []


def done(model: Model, operation: Operation) -> OperationAnswer:
    """Tell what an operation did."""
    return OperationAnswer(
        model=operation.model,
        kind=operation.kind,
        dry_run=False,
        version=operation.version,
        label=operation.label,
        release=operation.release,
        path=None if operation.location is None else as_text(operation.location),
        from_version=operation.from_version,
        from_release=operation.from_release,
        successor=operation.successor,
        still_served=operation.still_served,
        events=[logged(event) for event in operation.events],
        sentence=_sentence(operation),
        warning=_warning(model, operation.version, operation.still_served),
        serving=followed(operation.model, operation.serving),
    )


def would_move(model: Model, plan: LabelMove) -> OperationAnswer:
    """Tell what a rollback or a promotion would do."""
    promotion = isinstance(plan, PromotionPlan)
    return OperationAnswer(
        kind="promoted" if promotion else "rolled_back",
        version=plan.version,
        sentence=f"{plan.label} would {'move' if promotion else 'go back'} {_way(plan)}",
        **_moved(model, plan),
    )


def would_quarantine(model: Model, plan: QuarantinePlan) -> OperationAnswer:
    """Tell what a quarantine would do."""
    successor = plan.successor
    told = f"{plan.version} would be put in quarantine"
    if successor is not None:
        told += f"; before that, {successor.label} would move {_way(successor)}"
    off = " and ".join(plan.labels)
    return OperationAnswer(
        kind="quarantined",
        version=plan.version,
        successor=None if successor is None else successor.version,
        still_served=plan.still_served,
        sentence=told
        + (f"; it would lose the label{'s' if len(plan.labels) > 1 else ''} {off}" if off else ""),
        warning=_warning(model, plan.version, plan.still_served),
        **({"model": model.name, "dry_run": True} if successor is None else _moved(model, successor)),
    )


def would_unquarantine(model: Model, version: str) -> OperationAnswer:
    """Tell what lifting a quarantine would do."""
    return OperationAnswer(
        model=model.name,
        kind="unquarantined",
        dry_run=True,
        version=version,
        sentence=f"{version} would be taken out of quarantine; labels would stay as they are",
    )


def _moved(model: Model, plan: LabelMove) -> dict[str, Any]:
    return {
        "model": model.name,
        "dry_run": True,
        "label": plan.label,
        "release": plan.release,
        "path": as_text(model.location_of(plan.release)),
        "from_version": plan.from_version,
        "from_release": plan.from_release,
    }


def _sentence(operation: Operation) -> str:
    if operation.kind == "unquarantined":
        return f"{operation.version} was taken out of quarantine; labels stay as they are"
    if operation.kind == "quarantined":
        told = f"{operation.version} was put in quarantine"
        return (
            told
            if operation.label is None
            else f"{told}; before that, {operation.label} moved {_way(operation)}"
        )
    return (
        f"{operation.label} {'went back' if operation.kind == 'rolled_back' else 'moved'} {_way(operation)}"
    )


def _way(moved: LabelMove | Operation) -> str:
    version = moved.version if isinstance(moved, LabelMove) else moved.successor or moved.version
    before = (
        "" if moved.from_version is None else f"from {moved.from_version} (release {moved.from_release}) "
    )
    return f"{before}to {version} (release {moved.release})"


def _warning(model: Model, version: str, still_served: int | None) -> str:
    if still_served is None:
        return ""
    return (
        f"TF Serving goes on serving {version}: nothing good is left to take its place, and it serves the highest "
        f"number, {as_text(model.location_of(still_served))}. Publish a good version, or make one stable with "
        f"'hallmark promote {model.name}@VERSION --to stable --force', or move that directory away by hand"
    )
