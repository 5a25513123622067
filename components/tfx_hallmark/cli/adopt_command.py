"""`hallmark adopt`: takes over a directory of releases that TFX Pusher has filled, in place; or what MLflow has."""

from collections.abc import Callable
from pathlib import Path

import click

from tfx_hallmark.answers.adoption import AdoptionAnswer, LeftAlone, adoption_answer, refusal
from tfx_hallmark.answers.text import counted, second
from tfx_hallmark.cli import options
from tfx_hallmark.cli.adopt_from_mlflow import KIND, adopt_from_mlflow
from tfx_hallmark.cli.adoption_metadata import AdoptionMetadata
from tfx_hallmark.cli.after_commit import follow_commit
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.metadata import open_connection
from tfx_hallmark.cli.progress import Stages
from tfx_hallmark.registry.adoption.adopting import base_path_of
from tfx_hallmark.registry.adoption.outcome import AdoptedRelease, Adoption, no_record
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import Root

_SHOWN = 20  # releases in the table; --json has all of them


@click.command("adopt")
@click.argument("directory", metavar="DIR|mlflow:NAME", type=click.Path(path_type=Path))
@click.option(
    "--model",
    metavar="NAME",
    help="Which directory in DIR, where DIR is the one above it; what a model of MLflow is called here.",
)
@click.option(
    "--tracking-uri",
    envvar="MLFLOW_TRACKING_URI",
    show_envvar=True,
    metavar="URI",
    help="Of MLflow: where it is, http://HOST:PORT or sqlite:///FILE.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="ALIAS[=LABEL]",
    help="Of MLflow: what this alias, or this number, names becomes a release past the gate and gets LABEL; "
    "repeat it for more. By default nothing does.",
)
@options.root
@options.optional_reason
@options.metadata
@options.dry_run
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    directory: Path,
    model: str | None,
    tracking_uri: str | None,
    labels: tuple[str, ...],
    root: Root | None,
    reason: str,
    metadata: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take over a directory of timestamped versions, as TFX Pusher fills it, without touching a file in it.

    DIR is what the pipeline's push_destination names and what TF Serving polls. Its name becomes the model's, the
    directory above it the registry root, where the records go into .hallmark. Each numbered directory that is a
    whole SavedModel becomes a version, the highest number stable. Run it again whenever new ones have come.

    With --metadata, the runs that made them are looked up in ML Metadata, and with TFMA installed their evaluations.

    mlflow:NAME takes over a registered model of MLflow instead, into --root: each version that is a SavedModel becomes
    a version, with its params, metrics and origin. None of them serves unless --label says so, with a --reason.

    \b
    Examples:
      hallmark adopt /srv/serving/penguin --dry-run
      hallmark adopt /srv/serving/penguin
      hallmark adopt /srv/serving --model penguin --metadata metadata.sqlite --reason "moving to hallmark"
      hallmark adopt mlflow:penguin --tracking-uri http://mlflow:5000 --root /srv/models --dry-run
      hallmark adopt mlflow:penguin --label champion=stable --reason "moving to hallmark"
    """  # noqa: D301
    if str(directory).startswith(KIND):
        adopt_from_mlflow(
            str(directory).removeprefix(KIND),
            tracking_uri=tracking_uri,
            root=root,
            model=model,
            labels=labels,
            reason=reason,
            metadata=metadata,
            dry_run=dry_run,
            as_json=as_json,
        )
        return
    if labels:
        msg = (
            "--label is of mlflow:NAME: in a directory the highest number is stable, for that is what serves"
        )
        raise click.UsageError(msg)
    base = base_path_of(directory, model)
    outlook = Registry.outlook(base)
    if outlook.blocking:
        _report(refusal(outlook, dry_run=dry_run), as_json=as_json)
        ctx.exit(1)
    outlook.check()
    connection = open_connection(metadata)
    pushes = None if connection is None else AdoptionMetadata(connection, base)
    with Stages(base.name) as stages:
        progress = stages("bytes")
        if dry_run:
            adoption = Registry.rehearse_adoption(base, pushes=pushes or no_record, progress=progress)
        else:
            adoption = Registry.adopt(base, pushes=pushes or no_record, reason=reason, progress=progress)
    numbers = {*adoption.known, *(release.number for release in adoption.adopted)}
    answer = adoption_answer(
        adoption,
        dry_run=dry_run,
        stable=_stable(adoption, base),
        in_metadata=None if pushes is None else sorted(numbers & pushes.found),
        unread={} if pushes is None else pushes.unread,
    )
    _report(answer, as_json=as_json)
    if adoption.events:
        follow_commit(base.parent, base.name, metadata=metadata)


def _stable(adoption: Adoption, base: Path) -> str | None:
    newly = [release.version for release in adoption.adopted if release.labels]
    if newly:
        return newly[-1]
    at = Registry(base.parent).look_at(base.name).stable()
    return None if at is None else at.version


def _report(answer: AdoptionAnswer, *, as_json: bool) -> None:
    print_json(answer) if as_json else _print(answer)


def _print(answer: AdoptionAnswer) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if answer.dry_run:
        page.line(("dry run, nothing was changed", "bold"))
    if answer.adopted:
        hidden = len(answer.adopted) - _SHOWN
        if hidden > 0:
            page.line((f"{counted(hidden, 'earlier release')} not shown", "dim"))
        headers = ("release", "version", "made (utc)", "labels", "because")
        page.table(headers, [_row(release) for release in answer.adopted[-_SHOWN:]], right=(0,))
    for entry in answer.skipped:
        page.line(("skipped: ", "yellow"), _told(entry))
    for entry in answer.blocking:
        page.line(("blocks: ", "bold red"), _told(entry))
    if answer.refused:
        why = "TF Serving wants to serve what blocks, for it has the highest number"
        page.line((f"{answer.model}: ", "bold"), (f"nothing was adopted: {why}", "red"))
        return
    _print_metadata(page.line, answer)
    done = "would be adopted" if answer.dry_run else "adopted"
    known = f", {len(answer.known):,} known before" if answer.known else ""
    stable = f"; stable is {answer.stable}" if answer.stable else "; nothing is stable"
    page.line(
        (f"{answer.model}: ", "bold"), f"{counted(len(answer.adopted), 'release')} {done}{known}{stable}"
    )
    page.line(("registry root: ", "dim"), answer.root)


def _row(release: AdoptedRelease) -> tuple[str, ...]:
    why = "; ".join(release.reasons)
    return (
        str(release.number),
        release.version,
        "-" if release.created is None else second(release.created).removesuffix(" UTC"),
        ", ".join(release.labels) or "-",
        f"{release.bump}: {why}" if release.bump else f"same content as {release.same_as}",
    )


def _told(entry: LeftAlone) -> str:
    return f"{entry.path} {entry.what}: {entry.repair}"


def _print_metadata(line: Callable[..., None], answer: AdoptionAnswer) -> None:
    if answer.in_metadata is None:
        return
    numbers = {*answer.known, *(release.number for release in answer.adopted)}
    line(f"ML Metadata knows the runs of {len(answer.in_metadata):,} of {counted(len(numbers), 'release')}")
    evaluated = len(answer.evaluated) + sum(release.evidence for release in answer.adopted)
    if evaluated:
        line(f"{counted(evaluated, 'evaluation')} {'would be ' if answer.dry_run else ''}recorded")
    for number, why in list(answer.unread.items())[:1]:
        more = f" (and {len(answer.unread) - 1:,} more)" if len(answer.unread) > 1 else ""
        line(("evidence not read: ", "yellow"), f"release {number}{more}: {why}")
