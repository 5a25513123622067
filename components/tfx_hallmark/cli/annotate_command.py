"""`hallmark annotate`: a description and notes on a version."""

import click

from tfx_hallmark.answers.noting import would_note
from tfx_hallmark.cli import options
from tfx_hallmark.cli.operation_report import report, report_noted
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root


def _read(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            msg = f"{text!r} is no note: write KEY=VALUE, or KEY= to remove one"
            raise click.BadParameter(msg)
        found[key] = value
    return found


@click.command("annotate")
@options.reference
@click.option("--description", metavar="TEXT", help="Free text, in place of what there is.")
@click.option(
    "--label",
    "notes",
    multiple=True,
    callback=_read,
    metavar="KEY=VALUE",
    help="A note to keep; KEY= removes it. May be given more than once.",
)
@options.optional_reason
@options.dry_run
@options.root
@options.as_json
def command(
    reference: str,
    description: str | None,
    notes: dict[str, str],
    reason: str,
    dry_run: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Note something about a version: in words, or as keys and values.

    Notes are shown by `show` and `list` and on the version's page, and found by its search. They move no
    label of TF Serving's; that is `hallmark promote`. An empty description brings back the one that the
    version was tagged with.

    \b
    Examples:
      hallmark annotate penguin@1.2.0 --description "trained without Biscoe"
      hallmark annotate penguin@1.2.0 --label ticket=ML-7 --label reviewed-by=maria
      hallmark annotate penguin@1.2.0 --label ticket= --reason "the ticket was a mistake"
    """  # noqa: D301
    if description is None and not notes:
        msg = "Nothing is to be noted: give --description TEXT, --label KEY=VALUE, or both."
        raise click.UsageError(msg)
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_to_operate(registry, named.model, dry_run=dry_run)
    if dry_run:
        event = model.dry_run.annotate(named.value, description=description, notes=notes)
        report(would_note(model, event), as_json=as_json)
    else:
        operation = model.annotate(named.value, description=description, notes=notes, reason=reason)
        report_noted(registry, model, operation, as_json=as_json)
