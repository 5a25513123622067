"""`hallmark doctor`: what is not as it should be, and how to repair it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.findings import Diagnosis
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.finding_lines import print_findings
from tfx_hallmark.cli.metadata import open_connection
from tfx_hallmark.cli.root import open_registry
from tfx_hallmark.registry.examination import examine
from tfx_hallmark.registry.finding import Finding
from tfx_hallmark.registry.registry import Registry

if TYPE_CHECKING:
    from tfx_hallmark.lineage.connection.address import Connection

_UNREADABLE = "log-damaged"


@click.command("doctor")
@options.metadata
@options.root
@options.as_json
@click.pass_context
def command(ctx: click.Context, metadata: str | None, root: Path | None, as_json: bool) -> None:
    """Look over a registry, and compare it with ML Metadata if a store is given; exit 1 if anything is wrong.

    Nothing is changed. Each finding has a name that never changes, and says how to repair it.

    \b
    Examples:
      hallmark doctor
      hallmark doctor --metadata metadata.sqlite
      hallmark doctor --json
    """  # noqa: D301
    registry = open_registry(root)
    connection = open_connection(metadata)
    names = registry.models()
    findings = [finding for name in names for finding in examine(registry, name)]
    damaged = {finding.where for finding in findings if finding.code == _UNREADABLE}
    address = None
    if connection is not None:
        from tfx_hallmark.lineage.connection.address import address_of

        address = str(address_of(connection))
        findings += _drift(registry, connection, [name for name in names if name not in damaged], names)
    answer = Diagnosis(root=as_text(registry.root), metadata=address, models=names, findings=findings)
    print_json(answer) if as_json else _print(answer)
    if findings:
        ctx.exit(1)


def _drift(
    registry: Registry, connection: "Connection", readable: list[str], names: list[str]
) -> Iterator[Finding]:
    from tfx_hallmark.lineage.connection.address import address_of
    from tfx_hallmark.lineage.connection.store import open_store
    from tfx_hallmark.lineage.recording.conflicts import explained
    from tfx_hallmark.lineage.recording.drift import Drift

    store = open_store(connection)
    with explained(address_of(connection)):
        drift = Drift(registry, store)
        for name in readable:
            yield from drift.of(registry.model(name))
        yield from drift.of_others(names)


def _print(answer: Diagnosis) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    print_findings(page, answer.findings)
    looked = f"{counted(len(answer.models), 'model')} looked at"
    compared = f"compared with {answer.metadata}" if answer.metadata else "not compared with ML Metadata"
    page.line(f"{looked}, {compared}: {counted(len(answer.findings), 'finding')}")
