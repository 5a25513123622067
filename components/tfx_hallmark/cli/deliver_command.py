"""`hallmark deliver`: brings what waits to mirrors, webhooks and people."""

import sys
import time

import click

from tfx_hallmark.answers.deliveries import DeliveriesAnswer
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.delivery_table import print_standing
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.delivery.backlog import Backlog
from tfx_hallmark.delivery.delivering import Deliverer
from tfx_hallmark.delivery.patience import Patience
from tfx_hallmark.delivery.telling import told
from tfx_hallmark.registry.store_url import Root


@click.command("deliver")
@options.any_model
@click.option("--destination", metavar="NAME", help="Only to this destination.")
@click.option(
    "--attempts",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="How often a destination is tried, with pauses of 1, 2, 4, ... seconds, before it is left for later.",
)
@click.option(
    "--watch",
    type=options.FiniteRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Go on for ever, and look that often whether anything waits.",
)
@click.option(
    "--skip",
    is_flag=True,
    help="Give up the event that waits first for --destination; that stays in its history.",
)
@options.dry_run
@options.root
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    model: str | None,
    destination: str | None,
    attempts: int,
    watch: float | None,
    skip: bool,
    dry_run: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Deliver the events of a model, or of all, to the destinations of 'hallmark config'; exit 1 if some still wait.

    After a commit that is started by itself, in the background. This is for what could not be delivered then,
    for roots in an object store, and, with --watch, for a place where nothing runs on in the background.

    \b
    Examples:
      hallmark deliver
      hallmark deliver penguin --destination ci --attempts 1
      hallmark deliver --watch 30                       as a service
      hallmark deliver penguin --destination ci --skip  an event that the receiver will never take
      hallmark deliver --dry-run
    """  # noqa: D301
    if skip and (destination is None or model is None):
        msg = "--skip needs to know which event: name the model, and --destination NAME."
        raise click.UsageError(msg)
    if watch is not None and (skip or dry_run or as_json):
        msg = "--watch goes on for ever: it cannot be combined with --skip, --dry-run or --json."
        raise click.UsageError(msg)
    registry = open_registry(root)
    patience = Patience(attempts=attempts)
    while True:
        names = [open_to_operate(registry, model, dry_run=True).name] if model else registry.models()
        standing: list[Backlog] = []
        for name in names:
            deliverer = Deliverer(registry, name, patience=patience, only=destination, told=_say)
            if dry_run:
                standing += deliverer.standing()
            elif skip:
                standing.append(deliverer.skip())
            else:
                standing += deliverer.run().backlogs
        if watch is None:
            break
        time.sleep(watch)
    answer = DeliveriesAnswer(
        root=as_text(registry.root), dry_run=dry_run, destinations=told(standing, attempts=1)
    )
    print_json(answer) if as_json else print_standing(answer.destinations)
    if any(one.waiting for one in standing) and not (skip or dry_run):
        ctx.exit(1)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
