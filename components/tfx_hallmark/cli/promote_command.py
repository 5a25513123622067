"""`hallmark promote`: a label moves to a published version."""

import click

from tfx_hallmark.answers.operation import would_move
from tfx_hallmark.cli import options
from tfx_hallmark.cli.operation_report import CHECKING, report, report_done
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.cli.waiting import wait_for
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root


@click.command("promote")
@options.reference
@click.option(
    "--to", "label", required=True, metavar="LABEL", help="The label to move, e.g. stable or canary."
)
@options.reason
@click.option("--force", is_flag=True, help="Pass the gate over; it stays on record as an override.")
@options.dry_run
@options.waiting
@options.root
@options.as_json
def command(
    reference: str,
    label: str,
    reason: str,
    force: bool,
    dry_run: bool,
    wait: bool,
    servers: tuple[str, ...],
    timeout: float,
    root: Root | None,
    as_json: bool,
) -> None:
    """Move a label to a published version.

    `stable` moves only to a version that beat, in its evaluation, exactly what is stable now; --force
    moves it all the same. Under the serving policy `latest`, what becomes stable gets the highest number, for
    that is what TF Serving loads; under `labels` the label moves in models.config.

    \b
    Examples:
      hallmark promote penguin@1.3.0 --to canary --reason "a tenth of the traffic"
      hallmark promote penguin@canary --to stable --reason "a week without trouble"
      hallmark promote penguin@canary --to stable --reason "a week without trouble" --wait
      hallmark promote penguin@1.2.0 --to stable --force --reason "the gate's data were stale"
    """  # noqa: D301
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_to_operate(registry, named.model, dry_run=dry_run)
    waited = wait_for(model.settings, wait=wait, servers=servers, timeout=timeout, dry_run=dry_run)
    if dry_run:
        with said_if_slow(CHECKING):
            plan = (
                model.dry_run.promote_unchecked(named.value, label, reason=reason)
                if force
                else model.dry_run.promote(named.value, label)
            )
        report(would_move(model, plan), as_json=as_json)
    else:
        promote = model.promote_unchecked if force else model.promote
        with said_if_slow(CHECKING):
            operation = promote(named.value, label, reason=reason)
        report_done(registry, model, operation, as_json=as_json, wait=waited)
