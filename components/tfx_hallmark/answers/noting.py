"""The answers of `hold`, `unhold`, `annotate` and `canary --abort`: what was noted, or would be."""

from collections.abc import Callable
from typing import Any

from tfx_hallmark.answers.history import logged
from tfx_hallmark.answers.operation import OperationAnswer
from tfx_hallmark.answers.serving_plan import followed
from tfx_hallmark.registry.event_kinds import Annotated, Held, Unheld, Withdrawn
from tfx_hallmark.registry.events import Data
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.notes import still_served
from tfx_hallmark.registry.operations import Operation


def noted(model: Model, operation: Operation) -> OperationAnswer:
    """Tell what was noted."""
    event = operation.event
    return OperationAnswer(
        model=model.name,
        kind=operation.kind,
        dry_run=False,
        version=operation.version,
        label=operation.label,
        from_version=operation.from_version,
        from_release=operation.from_release,
        still_served=operation.still_served,
        events=[logged(event)],
        serving=followed(operation.model, operation.serving),
        sentence=_TELLERS[type(event.data)](event.data, "was"),
        warning=_warning(model, operation.version, operation.still_served),
    )


def would_note(model: Model, data: Data) -> OperationAnswer:
    """Tell what would be noted.

    Args:
        model: The model.
        data: What the event would say.
    """
    label, number = None, None
    if isinstance(data, Withdrawn):
        label, number = data.label, still_served(model.state, data, model.settings.serving_policy)
    return OperationAnswer(
        model=model.name,
        kind=str(data.__struct_config__.tag),
        dry_run=True,
        version=data.version,
        label=label,
        from_version=None if label is None else data.version,
        from_release=None if label is None else model.state.labels[label],
        still_served=number,
        sentence=_TELLERS[type(data)](data, "would be"),
        warning=_warning(model, data.version, number),
    )


def _warning(model: Model, version: str, number: int | None) -> str:
    if number is None:
        return ""
    return (
        f"TF Serving goes on serving {version}, for release {number} is the highest number; "
        f"'hallmark promote {model.name}@stable --to stable' gives what is stable a higher one"
    )


def _held(data: Held, be: str) -> str:
    return f"{data.version} {be} held: its files stay, whatever retention says"


def _unheld(data: Unheld, be: str) -> str:
    return f"the hold on {data.version} {be} lifted: retention may delete its files"


def _annotated(data: Annotated, be: str) -> str:
    told = [] if data.description is None else [f"description: {data.description}"]
    told += [f"{key}: {value}" if value else f"{key} removed" for key, value in data.notes.items()]
    return f"{data.version} {be} annotated; {'; '.join(told)}"


def _withdrawn(data: Withdrawn, be: str) -> str:
    return f"{data.label} {be} taken off {data.version}; nothing has this label then"


_TELLERS: dict[type, Callable[[Any, str], str]] = {
    Held: _held,
    Unheld: _unheld,
    Annotated: _annotated,
    Withdrawn: _withdrawn,
}
