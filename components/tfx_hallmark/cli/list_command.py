"""`hallmark list`: the models of a registry, or the versions of a model."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.listing import (
    STATUSES,
    ListedVersion,
    ModelList,
    VersionList,
    list_models,
    list_versions,
)
from tfx_hallmark.answers.text import counted, minute, second, size
from tfx_hallmark.cli import options, time_options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_model, open_registry

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page


@click.command("list")
@options.any_model
@click.option("--status", type=click.Choice(STATUSES), help="Show versions of one status only.")
@time_options.at
@options.limit
@options.everything
@options.root
@options.as_json
def command(
    model: str | None,
    status: str | None,
    at: str | None,
    limit: int,
    everything: bool,
    root: Path | None,
    as_json: bool,
) -> None:
    """List the models of a registry, or the versions of one model, newest first.

    \b
    Examples:
      hallmark list                               every model, and what is stable
      hallmark list penguin                       its newest versions
      hallmark list penguin --status refused      what the gate turned down, and why
      hallmark list penguin --at 2026-11-20       versions, status and labels as they were then
      hallmark list penguin --all --json          everything, for a program
    """  # noqa: D301
    registry = open_registry(root)
    if model is None:
        with said_if_slow("reading the logs"):
            models = list_models(registry, at=at)
        print_json(models) if as_json else _print_models(models)
        return
    with said_if_slow(f"reading the log of {model}"):
        versions = list_versions(
            open_model(registry, model),
            fits=(lambda found: status in (None, found)),
            limit=None if everything else limit,
            at=at,
        )
    print_json(versions) if as_json else _print_versions(versions)


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
    _print_moment(page, answer.at)


def _print_versions(answer: VersionList) -> None:
    from tfx_hallmark.cli.tables import STATUS_STYLES, Page

    page = Page()
    if not answer.versions:
        page.line(f"{answer.model} has no such versions")
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
            _objection(version),
        )
        for version in answer.versions
    ]
    headers = ("version", "release", "status", "labels", "created (utc)", "size", "bump", "refused because")
    page.table(headers, rows, right=(1, 5))
    if answer.more:
        page.line((f"{counted(answer.more, 'older version')} not shown: use --limit N or --all", "dim"))
    _print_moment(page, answer.at)


def _print_moment(page: "Page", at: str | None) -> None:
    if at is not None:
        page.line((f"as of {second(at)}", "dim"))


def _objection(version: ListedVersion) -> str:
    if version.quarantine is not None:
        return f"in quarantine: {version.quarantine}"
    return version.refusal or ""
