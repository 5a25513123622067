"""`hallmark list`: the models of a registry, or the versions of a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.listing import (
    STATUSES,
    ModelList,
    VersionList,
    Wanted,
    list_models,
    list_versions,
)
from tfx_hallmark.answers.text import counted, minute, second, size
from tfx_hallmark.cli import options, time_options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page


@click.command("list")
@options.any_model
@click.option("--status", type=click.Choice(STATUSES), help="Show versions of one status only.")
@click.option(
    "--where",
    metavar="CONDITION",
    help="Show versions for which this holds, e.g. \"metrics.accuracy > 0.9 and notes.team = 'x'\"; see above.",
)
@click.option(
    "--commit",
    metavar="SHA|REV",
    help="Show versions trained from this git commit: the beginning of its id, or what git here knows it by, as HEAD.",
)
@click.option(
    "--sort",
    multiple=True,
    metavar="FIELD",
    help="Sort by this field, descending with '-' before it; repeat it for more.",
)
@click.option("--columns", metavar="FIELD,FIELD...", help="Show these fields.")
@time_options.at
@options.limit
@options.everything
@options.root
@options.as_json
def command(
    model: str | None,
    status: str | None,
    where: str | None,
    commit: str | None,
    sort: tuple[str, ...],
    columns: str | None,
    at: str | None,
    limit: int,
    everything: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """List the models of a registry, or the versions of one model, newest first.

    A condition holds a field against a value: = != < <= > >=, in ('a', 'b'), like 'a%', contains 'a', is null;
    put together with and, or, not and parentheses. Text, times and versions stand in quotes: created > '2026-05-01'
    or '3d' (ago), version >= '1.2.0'. What a version does not have fits nothing but 'is null'.

    Fields: version, release, status, label, created, size, bump, digest, tag, description, notes.KEY, held,
    quarantined, pruned, signed, refusal, quarantine, metrics.NAME (of a slice: metrics.NAME[sex:male]),
    hyperparameters.KEY, seed, python, data.span, data.digest, code.commit, run.pipeline and whatever else the
    manifest has under data, code, environment, cost and run; docs/searching.md has them all. Odd names stand in
    `back quotes`.

    \b
    Examples:
      hallmark list                               every model, and what is stable
      hallmark list penguin                       its newest versions
      hallmark list penguin --status refused      what the gate turned down, and why
      hallmark list penguin --at 2026-11-20       versions, status and labels as they were then
      hallmark list penguin --all --json          everything, for a program
      hallmark list penguin --where "metrics.accuracy > 0.9 and notes.team = 'ice'"
      hallmark list penguin --commit 9f86d08      versions that were trained from this git commit
      hallmark list penguin --where "created > '7d'" --sort -metrics.accuracy --columns version,metrics.accuracy
    """  # noqa: D301
    searched = where is not None or commit is not None or bool(sort) or columns is not None
    if model is None and searched:
        msg = "--where, --commit, --sort and --columns are about versions: 'hallmark list MODEL --where ...'"
        raise click.UsageError(msg)
    registry = open_registry(root)
    if model is None:
        with said_if_slow("reading the logs"):
            models = list_models(registry, at=at)
        print_json(models) if as_json else _print_models(models)
        return
    with said_if_slow(f"reading the log of {model}"):
        opened = open_model(registry, model)
    wanted = Wanted(fits=(lambda found: status in (None, found)), limit=None if everything else limit, at=at)
    if searched:
        # Only now: what reads conditions and manifests is dear at the start of a command that needs neither.
        from tfx_hallmark.cli.list_search import print_found, trained_from

        conditions = [where or "", *([] if commit is None else [trained_from(commit)])]
        print_found(opened, conditions, sort, columns, wanted, as_json=as_json)
        return
    with said_if_slow(f"reading the log of {model}"):
        versions = list_versions(opened, wanted)
    print_json(versions) if as_json else print_versions(versions)


def _print_models(answer: ModelList) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if not answer.models:
        page.line(f"{answer.root} has no models yet")
        return
    rows = []
    for model in answer.models:
        stable = model.stable
        rows.append(
            (
                (model.model, "bold"),
                "-" if stable is None else (stable.version, "green"),
                "-" if stable is None else str(stable.release),
                "-" if stable is None else minute(stable.since),
                model.latest or "-",
                f"{model.versions:,}",
                f"{model.refused:,}",
                f"{model.quarantined:,}",
            )
        )
    headers = ("model", "stable", "release", "since (utc)", "latest", "versions", "refused", "quarantined")
    page.table(headers, rows, right=(2, 5, 6))
    print_moment(page, answer.at)


def print_versions(answer: VersionList) -> None:
    """Print versions, a row each."""
    from tfx_hallmark.cli.tables import STATUS_STYLES, Page

    page = Page()
    if not answer.versions:
        print_none(page, answer.model, answer.hints)
        return
    rows = [
        (
            (version.version, "bold" if "stable" in version.labels else ""),
            ", ".join(map(str, version.releases)) or "-",
            (version.status, STATUS_STYLES[version.status]),
            ", ".join(version.labels) or "-",
            minute(version.created),
            size(version.size),
            version.bump or "-",
            "; ".join(version.remarks),
        )
        for version in answer.versions
    ]
    headers = ("version", "release", "status", "labels", "created (utc)", "size", "bump", "remarks")
    page.table(headers, rows, right=(1, 5))
    if answer.more:
        page.line((f"{counted(answer.more, 'older version')} not shown: use --limit N or --all", "dim"))
    print_moment(page, answer.at)


def print_none(page: "Page", model: str, hints: Sequence[str]) -> None:
    """Say that nothing fits, and what may be wrong with what was asked for."""
    page.line(f"{model} has no such versions")
    for hint in hints:
        page.line(("note: ", "yellow"), hint)


def print_moment(page: "Page", at: str | None) -> None:
    """Say which moment of the past a table is about, if it is about one."""
    if at is not None:
        page.line((f"as of {second(at)}", "dim"))
