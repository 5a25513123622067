"""`hallmark reproduce`: whether a version can be trained a second time, and how near that comes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from tfx_hallmark.answers.reproduction import Reproduction
from tfx_hallmark.answers.text import counted, number
from tfx_hallmark.cli import options
from tfx_hallmark.cli.after_commit import follow_commit
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.metadata import open_connection
from tfx_hallmark.cli.quiet import quiet
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.cli.steps import Steps
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page
    from tfx_hallmark.registry.reproduction import PlanItem, ReproductionReport
    from tfx_hallmark.registry.version import Version
    from tfx_hallmark.reproduction.preparing import Prepared

_STYLES = {"there": "green", "differs": "yellow", "missing": "red", "unknown": "dim"}
_NAMED = 5  # how many weights, outputs or metrics are named; --json has all that are on record


def _places(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, place = text.partition("=")
        if not equals or not place:
            msg = f"{text!r} is no place: write NAME=DIR, as schema=/data/schema"
            raise click.BadParameter(msg)
        found[name] = _absolute(place)
    return found


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).expanduser().absolute())


@click.command("reproduce")
@options.reference
@click.option("--plan", "plan_only", is_flag=True, help="Say what is there to train from, and train nothing.")
@click.option(
    "--transform",
    is_flag=True,
    help="Run Transform again too, from the examples that it read; by default what it wrote is trained on.",
)
@click.option("--examples", metavar="DIR", help="Where the Trainer's examples lie now, if they were moved.")
@click.option(
    "--input",
    "places",
    multiple=True,
    callback=_places,
    metavar="NAME=DIR",
    help="The same of another input: schema, transform_graph, hyperparameters, base_model, statistics, or "
    "raw_examples, which Transform read. May be given more than once.",
)
@click.option(
    "--module",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The module to train with, where its source is not on record.",
)
@click.option(
    "--eval-examples",
    multiple=True,
    metavar="FILES",
    help="TFRecord files to compare metrics on, where nothing else can be compared; by default the examples on record.",
)
@click.option(
    "--tolerance",
    type=options.FiniteRange(min=0),
    default=1e-5,
    show_default=True,
    metavar="X",
    help="Numbers are the same if they differ by no more than X * (1 + what is on record).",
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep the second training there, with its log.",
)
@click.option("--no-record", is_flag=True, help="Leave the outcome out of the log.")
@options.metadata
@options.root
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    reference: str,
    plan_only: bool,
    transform: bool,
    examples: str | None,
    places: dict[str, str],
    module: Path | None,
    eval_examples: tuple[str, ...],
    tolerance: float,
    keep: Path | None,
    no_record: bool,
    metadata: str | None,
    root: Root | None,
    as_json: bool,
) -> None:
    """Train a version a second time from what is on record, and say how near the result comes.

    First the plan: what is there, what is missing, what differs. Then TFX's own Trainer runs, in a process of its
    own, with the recorded module, data, arguments and seed. The weights are compared to the bit; where they differ,
    the predictions on the golden requests; where these do, the metrics. Nothing is published, no release is touched.
    Exit 1 if something needed is missing, the training fails, or the result lies beyond the tolerance.

    \b
    Examples:
      hallmark reproduce penguin@1.0.0 --plan
      hallmark reproduce penguin@1.0.0
      hallmark reproduce penguin@stable --transform --keep /tmp/again
      hallmark reproduce penguin@1.0.0 --examples /archive/examples --metadata metadata.sqlite
      hallmark reproduce penguin@1.0.0 --no-record --json
    """  # noqa: D301
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_to_operate(registry, named.model, dry_run=plan_only or no_record)
    version = model.version(named.value)
    if examples is not None:
        places = {**places, "examples": _absolute(examples)}
    with quiet(), Steps(str(version)) as steps:
        prepared = _prepare(version, metadata, places, module, transform=transform, steps=steps)
    if not as_json:
        _print_plan(version, prepared.plan)
    answer = Reproduction(
        model=version.model, version=version.version, possible=not prepared.lacking, plan=prepared.plan
    )
    if plan_only or prepared.lacking:
        if as_json:
            print_json(answer)
        if not plan_only:
            prepared.check()
        if prepared.lacking:
            ctx.exit(1)
        return
    from tfx_hallmark.reproduction.reproducing import reproduce

    with quiet(), Steps(str(version)) as steps:
        report = reproduce(
            model,
            prepared,
            tolerance=tolerance,
            eval_examples=tuple(map(_absolute, eval_examples)),
            keep=keep,
            begins=steps,
        )
    operation = None if no_record else model.record_reproduction(report)
    answer = msgspec.structs.replace(
        answer,
        report=report,
        event=None if operation is None else operation.event.seq,
        kept=None if keep is None else _absolute(str(keep)),
    )
    print_json(answer) if as_json else _print_report(answer, report)
    if operation is not None:
        follow_commit(registry.root, model.name, metadata=metadata)
    if not report.reproduced:
        ctx.exit(1)


def _prepare(
    version: "Version",
    metadata: str | None,
    places: dict[str, str],
    module: Path | None,
    *,
    transform: bool,
    steps: Steps,
) -> "Prepared":
    from tfx_hallmark.reproduction.preparing import prepare

    return prepare(
        version,
        connection=open_connection(metadata),
        places=places,
        module=module,
        transform=transform,
        begins=steps,
    )


def _print_plan(version: "Version", plan: "tuple[PlanItem, ...]") -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    page.line((f"{version}: plan", "bold"))
    page.table(
        ("", "is", "what was, what is, and what follows"),
        [
            (item.name.replace("_", " "), (item.standing, _STYLES[item.standing]), _said(item))
            for item in plan
        ],
    )


def _said(item: "PlanItem") -> str:
    if item.standing == "differs" and item.recorded and item.found:
        told = f"{item.recorded} -> {item.found}"
    else:
        told = item.found if item.standing == "there" and item.found else item.recorded or item.found
    return "; ".join(filter(None, (told, item.note)))


def _print_report(answer: Reproduction, report: "ReproductionReport") -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    page.line("")
    style = "green" if report.reproduced else "red"
    page.line(
        (f"{answer.model}@{answer.version}: ", "bold"),
        (report.outcome.replace("_", " "), style),
        ": ",
        report.summary,
    )
    page.facts([("trained in", f"{report.seconds:.0f} s")])
    _print_distances(page, report)
    if report.reasons:
        page.heading("Why it came no nearer")
        for reason in report.reasons:
            page.line(f"- {reason}")
    facts = [("on record as", f"event {answer.event}")] if answer.event is not None else []
    facts += [("kept in", answer.kept)] if answer.kept is not None else []
    if facts:
        page.line("")
        page.facts(facts)


def _print_distances(page: "Page", report: "ReproductionReport") -> None:
    if report.weights.differing:
        names = report.weights.differing[:_NAMED]
        more = len(report.weights.differing) - len(names)
        page.facts([("farthest weights", ", ".join(names) + (f" and {more} more" if more else ""))])
    if report.weights.assets:
        page.facts([("other assets", ", ".join(report.weights.assets[:_NAMED]))])
    if report.predictions:
        page.heading("Predictions")
        page.table(
            ("output", "elements", "beyond", "greatest difference"),
            [
                (one.output, f"{one.elements:,}", f"{one.beyond:,}", one.problem or _gap(one.absolute))
                for one in report.predictions
            ],
            right=(1, 2),
        )
    apart = [one for one in report.metrics if not one.within]
    if apart:
        page.heading("Metrics that differ")
        page.table(
            ("metric", "slice", "recorded", "second training"),
            [(one.metric, one.slice, number(one.recorded), number(one.reproduced)) for one in apart[:_NAMED]],
        )
        if len(apart) > _NAMED:
            page.line((f"and {counted(len(apart) - _NAMED, 'more')}: --json has all", "dim"))


def _gap(gap: float | None) -> str:
    return "-" if gap is None else f"{gap:.2g}"
