"""`hallmark unquarantine`: a version may serve again."""

from pathlib import Path

import click

from tfx_hallmark.answers.operation import would_unquarantine
from tfx_hallmark.cli import options
from tfx_hallmark.cli.operation_report import report, report_done
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.names import parse_reference


@click.command("unquarantine")
@options.reference
@options.reason
@options.dry_run
@options.root
@options.as_json
def command(reference: str, reason: str, dry_run: bool, root: Path | None, as_json: bool) -> None:
    """Lift a quarantine: the version may serve again.

    No label moves; 'hallmark rollback --to' or 'hallmark promote' makes the version serve.

    \b
    Example:
      hallmark unquarantine penguin@1.3.0 --reason "the labels were sound after all"
    """  # noqa: D301
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_model(registry, named.model)
    if dry_run:
        report(would_unquarantine(model, model.version(named.value).version), as_json=as_json)
    else:
        report_done(registry, model, model.unquarantine(named.value, reason=reason), as_json=as_json)
