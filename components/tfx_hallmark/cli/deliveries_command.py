"""`hallmark deliveries`: what waits for mirrors, webhooks and people, and what the last attempts came to."""

import click

from tfx_hallmark.answers.deliveries import DeliveriesAnswer
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.delivery_table import print_attempts, print_standing
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.store_url import Root


@click.command("deliveries")
@options.any_model
@click.option("--destination", metavar="NAME", help="Only this destination.")
@click.option(
    "--attempts",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Show the last N attempts of each destination.",
)
@options.root
@options.as_json
def command(
    model: str | None, destination: str | None, attempts: int, root: Root | None, as_json: bool
) -> None:
    """Tell what waits for mirrors, webhooks and notifications, and what the last attempts came to.

    Where events go to is set with 'hallmark config --deliveries FILE'.

    \b
    Examples:
      hallmark deliveries
      hallmark deliveries penguin --destination ci --attempts 50
      hallmark deliveries --json
    """  # noqa: D301
    from tfx_hallmark.delivery.backlog import backlogs
    from tfx_hallmark.delivery.telling import told

    registry = open_registry(root)
    names = [open_to_operate(registry, model, dry_run=True).name] if model else registry.models()
    with said_if_slow("reading the records of deliveries"):
        standing = [one for name in names for one in backlogs(registry, name)]
        wanted = [one for one in standing if destination in (None, one.destination.name)]
        answer = DeliveriesAnswer(root=as_text(registry.root), destinations=told(wanted, attempts=attempts))
    if as_json:
        print_json(answer)
        return
    print_standing(answer.destinations)
    print_attempts(answer.destinations)
