"""`hallmark prune`: the files of old versions go, what is known of them stays."""

import click

from tfx_hallmark.answers.pruning import PruneAnswer, pruned
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.after_commit import follow_commit
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.store_url import Root


@click.command("prune")
@options.model
@click.option(
    "--keep-last",
    type=click.IntRange(min=0),
    metavar="N",
    help="Keep the files of N versions, those released last.",
)
@click.option(
    "--keep-days",
    type=click.FloatRange(min=0),
    metavar="D",
    help="Keep what was released, or stopped being stable, within D days.",
)
@click.option("--quarantined", is_flag=True, help="Let the files of versions in quarantine go as well.")
@options.operating
def command(
    model: str,
    keep_last: int | None,
    keep_days: float | None,
    quarantined: bool,
    reason: str,
    dry_run: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Delete the files of old versions; everything that is known of them stays.

    A version goes only if it is past every limit that is given; at least one must be. Kept in any case:
    what has a label, what the next rollbacks would choose, what is held or in quarantine, and what TF
    Serving serves. Of a version that stays, releases go whose files a newer release holds too.

    \b
    Examples:
      hallmark prune penguin --keep-last 10 --dry-run --reason "trying it out"
      hallmark prune penguin --keep-last 10 --keep-days 90 --reason "disk is 85% full"
      hallmark prune penguin --keep-days 30 --quarantined --reason "the incident is closed" --json
    """  # noqa: D301
    if keep_last is None and keep_days is None:
        msg = "Nothing says what to keep: give --keep-last N, --keep-days D, or both."
        raise click.UsageError(msg)
    registry = open_registry(root)
    opened = open_to_operate(registry, model, dry_run=dry_run)
    if dry_run:
        with said_if_slow(f"looking through the releases of {model}"):
            looked = opened.dry_run.prune(
                keep_last=keep_last, keep_days=keep_days, quarantined_too=quarantined
            )
        _report(pruned(opened, looked, dry_run=True), as_json=as_json)
        return
    progress = Progress(f"{model}: versions deleted")
    try:
        done = opened.prune(
            keep_last=keep_last,
            keep_days=keep_days,
            quarantined_too=quarantined,
            reason=reason,
            progress=progress,
        )
    finally:
        progress.end()
    _report(pruned(opened, done, dry_run=False), as_json=as_json)
    if done.events:
        follow_commit(registry.root, opened.name)


def _report(answer: PruneAnswer, *, as_json: bool) -> None:
    print_json(answer) if as_json else _print(answer)


def _print(answer: PruneAnswer) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if answer.dry_run:
        page.line(("dry run, nothing was changed", "bold"))
    page.line((f"{answer.model}: ", "bold"), answer.sentence)
    if answer.deletions:
        page.heading("Would be deleted" if answer.dry_run else "Deleted")
        rows = [
            ((one.version, "bold"), _numbers(one.releases), "all" if one.last else "older ones", one.reason)
            for one in answer.deletions
        ]
        page.table(("version", "releases", "files", "because"), rows)
    if answer.kept:
        page.heading("Kept")
        page.table(
            ("version", "releases", "because"),
            [((one.version, "bold"), _numbers(one.releases), "; ".join(one.reasons)) for one in answer.kept],
        )
    if answer.events:
        last = answer.events[-1]
        page.line("")
        page.line((f"by {last.actor}, {counted(len(answer.events), 'event')}: {last.reason}", "dim"))


def _numbers(releases: tuple[int, ...]) -> str:
    return ", ".join(map(str, releases))
