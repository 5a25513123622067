"""`hallmark quarantine`: a version must not serve."""

import click

from tfx_hallmark.answers.operation import would_quarantine
from tfx_hallmark.cli import options
from tfx_hallmark.cli.operation_report import CHECKING, report, report_done
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root


@click.command("quarantine")
@options.reference
@options.operating
def command(reference: str, reason: str, dry_run: bool, root: Root | None, as_json: bool) -> None:
    """Bar a version from serving, from being a baseline and from being rolled back to.

    If it serves now, `stable` goes back to the last good version first. Where nothing good is left, TF
    Serving goes on serving it, and the command says so. Name the version, not @stable: then the command
    can be run again, whatever happened to it.

    \b
    Examples:
      hallmark quarantine penguin@1.3.0 --reason "trained on leaked labels"
      hallmark quarantine penguin@1.3.0 --dry-run --reason "trying it out"
    """  # noqa: D301
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_to_operate(registry, named.model, dry_run=dry_run)
    if dry_run:
        with said_if_slow(CHECKING):
            plan = model.dry_run.quarantine(named.value)
        report(would_quarantine(model, plan), as_json=as_json)
    else:
        with said_if_slow(CHECKING):
            operation = model.quarantine(named.value, reason=reason)
        report_done(registry, model, operation, as_json=as_json)
