"""`hallmark rollback`: `stable` goes back to an earlier version."""

import click

from tfx_hallmark.answers.operation import would_move
from tfx_hallmark.cli import options
from tfx_hallmark.cli.operation_report import CHECKING, report, report_done
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.cli.waiting import wait_for
from tfx_hallmark.registry.store_url import Root


@click.command("rollback")
@options.model
@click.option(
    "--to",
    metavar="WHICH",
    help="Version, release or b3: digest to go back to; by default the last good one.",
)
@options.reason
@options.dry_run
@options.waiting
@options.root
@options.as_json
def command(
    model: str,
    to: str | None,
    reason: str,
    dry_run: bool,
    wait: bool,
    servers: tuple[str, ...],
    timeout: float,
    root: Root | None,
    as_json: bool,
) -> None:
    """Move `stable` back to a version that was stable before.

    Under the serving policy `latest` its release gets a new, higher number, which TF Serving loads at its next
    look; under `labels` the label moves in models.config. No byte is copied.
    Without --to it is the last version that was stable, was not rolled back from, and is not in
    quarantine. To bar the bad version too, use 'hallmark quarantine', which rolls back by itself.

    \b
    Examples:
      hallmark rollback penguin --reason "accuracy fell on Biscoe"
      hallmark rollback penguin --to 1.2.0 --reason "accuracy fell on Biscoe"
      hallmark rollback penguin --reason "accuracy fell on Biscoe" --wait --server http://serving:8501
      hallmark rollback penguin --dry-run --reason "trying it out"
    """  # noqa: D301
    registry = open_registry(root)
    opened = open_to_operate(registry, model, dry_run=dry_run)
    waited = wait_for(opened.settings, wait=wait, servers=servers, timeout=timeout, dry_run=dry_run)
    if dry_run:
        with said_if_slow(CHECKING):
            plan = opened.dry_run.rollback(to=to)
        report(would_move(opened, plan), as_json=as_json)
    else:
        with said_if_slow(CHECKING):
            operation = opened.rollback(to=to, reason=reason)
        report_done(registry, opened, operation, as_json=as_json, wait=waited)
