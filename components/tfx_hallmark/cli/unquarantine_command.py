"""`hallmark unquarantine`: a version may serve again."""

import click

from tfx_hallmark.answers.operation import would_unquarantine
from tfx_hallmark.cli import options
from tfx_hallmark.cli.operation_report import report, report_done
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root


@click.command("unquarantine")
@options.reference
@options.operating
def command(reference: str, reason: str, dry_run: bool, root: Root | None, as_json: bool) -> None:
    """Lift a quarantine: the version may serve again.

    No label moves; 'hallmark rollback --to' or 'hallmark promote' makes the version serve. Of a version that is not
    in quarantine nothing is recorded, and the exit code is 1.

    \b
    Examples:
      hallmark unquarantine penguin@1.3.0 --reason "the labels were sound after all"
      hallmark unquarantine penguin@1.3.0 --dry-run --reason "trying it out"
    """  # noqa: D301
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_to_operate(registry, named.model, dry_run=dry_run)
    if dry_run:
        planned = model.dry_run.unquarantine(named.value)
        report(would_unquarantine(model, planned.version), as_json=as_json)
    else:
        report_done(registry, model, model.unquarantine(named.value, reason=reason), as_json=as_json)
