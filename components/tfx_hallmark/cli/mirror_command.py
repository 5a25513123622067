"""`hallmark mirror`: brings the versions of a model to a tool that people look at already."""

from collections.abc import Sequence

import click

from tfx_hallmark.answers.mirroring import MirrorAnswer, MirroredVersion
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.mirrors.mirror import Mirror
from tfx_hallmark.mirrors.opening import open_mirror
from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.store_url import Root


def _mirror(_: click.Context, __: click.Parameter, target: str) -> Mirror:
    try:
        return open_mirror(target)
    except MirrorError as error:
        raise click.BadParameter(str(error)) from error


@click.command("mirror")
@click.argument("target", callback=_mirror)
@options.model
@click.option(
    "--version",
    "references",
    multiple=True,
    metavar="REF",
    help="Bring this version alone: 1.2.0, stable, latest, a release number; repeat it for more. By default all.",
)
@options.dry_run
@options.root
@options.as_json
def command(
    target: Mirror,
    model: str,
    references: tuple[str, ...],
    dry_run: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Bring the versions of MODEL to TARGET: MLflow, Weights & Biases or TensorBoard.

    TARGET is mlflow:TRACKING_URI, wandb:[ENTITY/]PROJECT or tensorboard:DIR. What TARGET holds of the versions and
    of all labels is made what the registry says now, however often and wherever an earlier attempt was cut off.
    Credentials come from where TARGET's own client takes them.

    The registry is only read.

    \b
    Examples:
      hallmark mirror mlflow:http://mlflow:5000 penguin
      hallmark mirror mlflow:http://mlflow:5000 penguin --version stable --version 1.2.0
      hallmark mirror wandb:acme/penguins penguin
      hallmark mirror tensorboard:/srv/board penguin --dry-run
    """  # noqa: D301
    opened = open_to_operate(open_registry(root), model, dry_run=True)
    state = opened.state
    versions = _asked_for(opened, references)
    target.check_reachable()
    answer = _rehearsed(target, state, versions) if dry_run else _brought(target, opened, versions)
    print_json(answer) if as_json else _print(answer)


def _asked_for(model: Model, references: Sequence[str]) -> list[str]:
    if not references:
        return list(model.state.versions)
    asked = {model.version(which).version for which in references}
    return [version for version in model.state.versions if version in asked]


def _rehearsed(mirror: Mirror, state: ModelState, versions: Sequence[str]) -> MirrorAnswer:
    labels = ((label, state.labelled(label)) for label in sorted(state.labels))
    return MirrorAnswer(
        model=state.model,
        mirror=mirror.address,
        dry_run=True,
        versions=tuple(MirroredVersion(version=version) for version in versions),
        labels={label: version.version for label, version in labels if version is not None},
    )


def _brought(mirror: Mirror, model: Model, versions: Sequence[str]) -> MirrorAnswer:
    progress = Progress(f"{model.name}: versions mirrored")
    done: list[str] = []

    def told(version: str) -> None:
        done.append(version)
        progress(len(done), len(versions))

    try:
        mirrored = mirror.bring(model, versions, told=told)
    finally:
        progress.end()
    return MirrorAnswer(
        model=model.name,
        mirror=mirror.address,
        dry_run=False,
        versions=tuple(
            MirroredVersion(version=version, link=mirrored.links.get(version)) for version in versions
        ),
        labels=dict(sorted(mirrored.labels.items())),
    )


def _print(answer: MirrorAnswer) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if answer.dry_run:
        page.line(("dry run, nothing was changed", "bold"))
    by_version: dict[str, list[str]] = {}
    for label, version in answer.labels.items():
        by_version.setdefault(version, []).append(label)
    headers = ("version", "labels", "" if answer.dry_run else "where")
    rows = [
        (one.version, ", ".join(by_version.get(one.version, ())) or "-", one.link or "")
        for one in answer.versions
    ]
    if rows:
        page.table(headers, rows)
    done = "would be brought" if answer.dry_run else "brought"
    page.line((f"{answer.model}: ", "bold"), f"{counted(len(rows), 'version')} {done} to {answer.mirror}")
