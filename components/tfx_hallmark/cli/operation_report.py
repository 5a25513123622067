"""How a command ends that has operated on a model: its answer, and the synchronisation that follows."""

from tfx_hallmark.answers.operation import OperationAnswer, done
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.background_sync import start_sync
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.operations import Operation
from tfx_hallmark.registry.registry import Registry

CHECKING = "reading the release to make sure that it is what was published"


def report_done(registry: Registry, model: Model, operation: Operation, *, as_json: bool) -> None:
    """Say what was done, and start recording it in ML Metadata without waiting for it."""
    report(done(model, operation), as_json=as_json)
    start_sync(registry.root, model.name)


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
        facts += [("by", f"{last.actor} (event {numbers})"), ("reason", last.reason)]
    if facts:
        page.facts(facts)
    if answer.warning:
        page.line((f"warning: {answer.warning}", "bold yellow"))
