"""How a command ends that has operated on a model: its answer, and the synchronisation that follows."""

from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.answers.noting import noted
from tfx_hallmark.answers.operation import OperationAnswer, done
from tfx_hallmark.answers.serving_plan import followed
from tfx_hallmark.cli.after_commit import follow_commit
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.waiting import Wait
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.operations import Operation
from tfx_hallmark.registry.registry import Registry

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page

CHECKING = "reading the release to make sure that it is what was published"


def report_done(
    registry: Registry, model: Model, operation: Operation, *, as_json: bool, wait: Wait | None = None
) -> None:
    """Say what was done, and start recording it in ML Metadata without waiting for it.

    Args:
        registry: The registry.
        model: The model.
        operation: What was done.
        as_json: Whether as a document.
        wait: The model servers to wait for, if any.

    Raises:
        ModelServerError: If they do not come to serve it; what was done is said before.
    """
    follow_commit(registry.root, model.name)
    answer = done(model, operation)
    if wait is not None:
        try:
            following = wait.for_model(model)
        except HallmarkError:
            report(answer, as_json=as_json)
            raise
        serving = followed(model.name, following) or answer.serving
        answer = msgspec.structs.replace(answer, serving=serving, served_by=list(wait.servers))
    report(answer, as_json=as_json)


def report_noted(registry: Registry, model: Model, operation: Operation, *, as_json: bool) -> None:
    """Say what was noted, and start recording it in ML Metadata without waiting for it."""
    report(noted(model, operation), as_json=as_json)
    follow_commit(registry.root, model.name)


def report(answer: OperationAnswer, *, as_json: bool) -> None:
    """Print what was done, or would be."""
    print_json(answer) if as_json else _print(answer)


def _print(answer: OperationAnswer) -> None:
    from tfx_hallmark.cli.tables import KIND_STYLES, Page

    page = Page()
    if answer.dry_run:
        page.line(("dry run, nothing was changed", "bold"))
    page.line((f"{answer.model}: ", "bold"), (answer.sentence, KIND_STYLES.get(answer.kind, "")))
    facts = [] if answer.path is None else [("path", answer.path)]
    if answer.events:
        last = answer.events[-1]
        numbers = ", ".join(str(event.seq) for event in answer.events)
        facts += [("by", f"{last.actor} (event {numbers})")]
        facts += [("reason", last.reason)] if last.reason else []
    if facts:
        page.facts(facts)
    _print_serving(page, answer)
    if answer.warning:
        page.line((f"warning: {answer.warning}", "bold yellow"))


def _print_serving(page: "Page", answer: OperationAnswer) -> None:
    serving = answer.serving
    if serving is not None:
        taken = "says so already" if serving.taken is None else serving.taken.sentence
        facts = [("models.config", taken if serving.taken or not serving.left else "waits")]
        page.facts([*facts, *(("then", step.sentence) for step in serving.left)])
        if serving.hint:
            page.line((serving.hint, "yellow"))
    if answer.served_by:
        page.line(("served by ", "green"), ", ".join(answer.served_by))
