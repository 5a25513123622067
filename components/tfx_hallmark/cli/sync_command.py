"""`hallmark sync`: what happened to a model, recorded in ML Metadata."""

from typing import TYPE_CHECKING

import click
import msgspec

from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.metadata import require_connection
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore


class SyncedModel(msgspec.Struct, frozen=True, kw_only=True):
    """What `sync` did for one model.

    Attributes:
        model: The model's name.
        events: How many events its log has.
        recorded: How many of them were added to ML Metadata; with --dry-run, how many would be.
        mended: How many that were there had lost artifacts, and have them again; with --from-first alone.
        waiting: Positions of events that a running pipeline has yet to record artifacts of.
    """

    model: str
    events: int
    recorded: int
    mended: int = 0
    waiting: tuple[int, ...] = ()


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `sync`.

    Attributes:
        root: The registry root.
        metadata: Which ML Metadata.
        dry_run: Whether nothing was written.
        models: What was done, by model.
    """

    root: str
    metadata: str
    dry_run: bool
    models: list[SyncedModel]


@click.command("sync")
@options.any_model
@click.option("--dry-run", is_flag=True, help="Only tell what is missing.")
@click.option(
    "--from-first",
    is_flag=True,
    help="Look at every event again, not only at those after the last synchronisation.",
)
@options.metadata
@options.root
@options.as_json
def command(
    model: str | None,
    dry_run: bool,
    from_first: bool,
    metadata: str | None,
    root: Root | None,
    as_json: bool,
) -> None:
    """Record in ML Metadata what happened to a model, or to all; each event once, however often it is run.

    Nothing waits for it and nothing depends on it: the log is the truth. Run it when you like, also at
    the same time in several places.

    \b
    Examples:
      hallmark sync                            every model
      hallmark sync penguin --dry-run          what is missing
      hallmark sync --metadata metadata.sqlite
      hallmark sync --metadata mysql://tfx@db.example.com:3306/mlmd
    """  # noqa: D301
    registry = open_registry(root)
    names = [model] if model else registry.models()
    models = [open_to_operate(registry, name, dry_run=dry_run) for name in names]
    connection = require_connection(metadata)
    from tfx_hallmark.lineage.connection.address import address_of
    from tfx_hallmark.lineage.connection.store import open_store
    from tfx_hallmark.lineage.recording.conflicts import explained

    store, address = open_store(connection), address_of(connection)
    with explained(address):
        done = [_look(one, store) if dry_run else _record(one, store, from_first) for one in models]
    answer = SyncReport(root=as_text(registry.root), metadata=str(address), dry_run=dry_run, models=done)
    print_json(answer) if as_json else _print(answer)


def _look(model: Model, store: "MetadataStore") -> SyncedModel:
    from tfx_hallmark.lineage.recording.sync import unrecorded

    return SyncedModel(model=model.name, recorded=len(unrecorded(model, store)), events=model.state.seq)


def _record(model: Model, store: "MetadataStore", from_first: bool) -> SyncedModel:
    from tfx_hallmark.lineage.recording.sync import synchronise

    progress = Progress(f"{model.name}: events dealt with")
    try:
        done = synchronise(model, store, from_first=from_first, sentence=sentence, on_progress=progress)
    finally:
        progress.end()
    return SyncedModel(
        model=done.model,
        events=done.events,
        recorded=done.recorded,
        mended=done.mended,
        waiting=done.waiting,
    )


def _print(answer: SyncReport) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if not answer.models:
        page.line("the registry has no models yet")
    for one in answer.models:
        added = f"{one.recorded:,} {'would be' if answer.dry_run else 'were'} recorded"
        page.line((one.model, "bold"), f": {counted(one.events, 'event')}, {added} in {answer.metadata}")
        if one.mended:
            page.line(f"  {counted(one.mended, 'event')} had lost artifacts, and have them again")
        if one.waiting:
            late = ", ".join(map(str, one.waiting))
            page.line(f"  left for later, for a pipeline is still recording what they concern: {late}")
