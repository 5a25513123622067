"""Starts `hallmark sync` as a process of its own, after an operation: nothing waits for ML Metadata."""

import contextlib
from pathlib import Path

from tfx_hallmark.cli.metadata import METADATA, configured
from tfx_hallmark.delivery.detached import start_detached
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.store_url import Root, absolute_root

_LOG = "sync.log"


def start_sync(root: Root, model: str, *, metadata: str | None = None) -> None:
    """Start recording a model's new events, if ML Metadata is configured; returns at once and never fails.

    What it prints goes to `<root>/.hallmark/<model>/sync.log`, if that is a file that can be written. What it does not
    get done, the next `hallmark sync` does.

    Args:
        root: The registry root.
        model: The model's name.
        metadata: What `--metadata` gave, if the command has it.
    """
    # The operation is done and on record; whatever is wrong here is for `hallmark doctor` to tell.
    with contextlib.suppress(HallmarkError, OSError):
        store = configured(metadata)
        if store is not None:
            place = absolute_root(root)
            log = place / ".hallmark" / model / _LOG if isinstance(place, Path) else None
            start_detached(["sync", model, "--root", str(place)], log, environment={METADATA: store})
