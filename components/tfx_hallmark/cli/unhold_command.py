"""`hallmark unhold`: retention may delete the files of a version again."""

import click

from tfx_hallmark.answers.noting import would_note
from tfx_hallmark.cli import options
from tfx_hallmark.cli.operation_report import report, report_noted
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root


@click.command("unhold")
@options.reference
@options.operating
def command(reference: str, reason: str, dry_run: bool, root: Root | None, as_json: bool) -> None:
    """Lift a hold: `hallmark prune` may delete the files of the version again.

    Of a version that is not held nothing is recorded, and the exit code is 1.

    \b
    Examples:
      hallmark unhold penguin@1.2.0 --reason "the report was accepted"
      hallmark unhold penguin@1.2.0 --dry-run --reason "trying it out"
    """  # noqa: D301
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_to_operate(registry, named.model, dry_run=dry_run)
    if dry_run:
        report(would_note(model, model.dry_run.unhold(named.value)), as_json=as_json)
    else:
        report_noted(registry, model, model.unhold(named.value, reason=reason), as_json=as_json)
