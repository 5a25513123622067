"""`hallmark doctor`: what is not as it should be, how to repair it, and with --fix, what can be mended at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.findings import Diagnosis, Mended
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.finding_lines import print_findings
from tfx_hallmark.cli.metadata import open_connection
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry
from tfx_hallmark.registry.errors import CorruptLogError, HallmarkError, NewerSchemaError
from tfx_hallmark.registry.examining.examination import examine, examine_root
from tfx_hallmark.registry.examining.fault import Cure, Fault
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.lineage.connection.address import Connection

_UNREADABLE = ("log-damaged", "log-newer")
_LOOKING = "looking over the registry"
_MENDING = "mending what was found"


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Read every byte too, as 'hallmark audit' does.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without losing anything.")
@click.option("--dry-run", is_flag=True, help="With --fix: say what it would mend, and change nothing.")
@options.metadata
@options.root
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    deep: bool,
    fix: bool,
    dry_run: bool,
    metadata: str | None,
    root: Root | None,
    as_json: bool,
) -> None:
    """Look over a registry, and compare it with ML Metadata if a store is given; exit 1 if anything is wrong.

    Without --fix nothing is changed. Each finding has a name that never changes, and says how to repair it.
    --fix finishes what killed processes left, makes lost releases anew from others of the same version,
    and records in ML Metadata what is not there. It never deletes a release, an event or an
    unknown file, and never changes which version is stable; what it leaves is listed with its repair.

    \b
    Examples:
      hallmark doctor
      hallmark doctor --fix --dry-run
      hallmark doctor --fix --metadata metadata.sqlite
      hallmark doctor --deep --json
    """  # noqa: D301
    if dry_run and not fix:
        msg = "--dry-run goes with --fix; without it doctor changes nothing anyway"
        raise click.UsageError(msg)
    visit = _Visit(open_registry(root), open_connection(metadata))
    with said_if_slow(_LOOKING):
        faults = visit.faults()
    mended = []
    if fix:
        with said_if_slow(_MENDING):
            mended = [_mend(fault, fault.cure, dry_run=dry_run) for fault in faults if fault.cure is not None]
    if any(one.error is None for one in mended) and not dry_run:
        with said_if_slow(_LOOKING):
            faults = visit.faults()
    findings = [fault.finding for fault in faults]
    if deep:
        findings += visit.read_all({(finding.code, finding.where) for finding in findings})
    answer = Diagnosis(
        root=as_text(visit.registry.root),
        metadata=visit.address,
        models=visit.names,
        deep=deep,
        dry_run=dry_run,
        mended=mended,
        findings=findings,
    )
    print_json(answer) if as_json else _print(answer)
    if findings:
        ctx.exit(1)


def _mend(fault: Fault, cure: Cure, *, dry_run: bool) -> Mended:
    error = None
    if not dry_run:
        try:
            cure.apply()
        except (HallmarkError, OSError) as raised:
            error = str(raised)
    return Mended(code=fault.finding.code, where=fault.finding.where, done=cure.will, error=error)


class _Visit:
    """One look, or several, at a registry and the store that goes with it."""

    def __init__(self, registry: Registry, connection: "Connection | None") -> None:
        self.registry = registry
        self.names = registry.recorded()
        self.address: str | None = None
        self._connection = connection
        if connection is not None:
            from tfx_hallmark.lineage.connection.address import address_of

            self.address = str(address_of(connection))

    def faults(self) -> list[Fault]:
        """Look at every model, and at what ML Metadata knows of them."""
        faults = [*examine_root(self.registry)]
        faults += [fault for name in self.names for fault in examine(self.registry, name)]
        unreadable = {fault.finding.where for fault in faults if fault.finding.code in _UNREADABLE}
        readable = [name for name in self.names if name not in unreadable]
        if [*self._settings().destinations]:
            from tfx_hallmark.delivery.telling import delivery_faults

            faults += [fault for name in readable for fault in delivery_faults(self.registry, name)]
        if self._connection is not None:
            from tfx_hallmark.cli.metadata_faults import metadata_faults

            faults += metadata_faults(self.registry, self._connection, readable, self.names)
        return faults

    def read_all(self, told: set[tuple[str, str]]) -> Iterator[Finding]:
        """Yield what an audit of every model finds beyond what was told already."""
        from tfx_hallmark.cli.progress import Stages
        from tfx_hallmark.registry.examining.auditing import audit

        settings = self._settings()
        for name in self.names:
            records, releases = self.registry.places(name)
            with Stages(name) as stages:
                found = audit(records, releases, name, settings=settings, stages=stages).findings
            yield from (finding for finding in found if (finding.code, finding.where) not in told)

    def _settings(self) -> Settings:
        try:
            return self.registry.settings.read()
        except (CorruptLogError, NewerSchemaError):
            return Settings()  # that they cannot be read is a finding of its own


def _print(answer: Diagnosis) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    for one in answer.mended:
        said = "would" if answer.dry_run else "could not" if one.error else "mended:"
        page.line((one.code, "red" if one.error else "green"), "  ", (one.where, "bold"))
        page.line(f"    {said} {one.done}" + (f": {one.error}" if one.error else ""))
    print_findings(page, answer.findings)
    compared = f", compared with {answer.metadata}" if answer.metadata else ""
    found = counted(len(answer.findings), "finding")
    page.line((f"{counted(len(answer.models), 'model')} looked at{compared}: {found}", "bold"))
