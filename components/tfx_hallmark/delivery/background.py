"""Starts `hallmark deliver` as a process of its own, after a commit: nothing waits for a destination."""

import contextlib
from pathlib import Path

from tfx_hallmark.delivery.backlog import backlogs
from tfx_hallmark.delivery.detached import start_detached
from tfx_hallmark.delivery.lock import alone
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import Root, absolute_root

_LOG = "deliveries.log"


def start_delivery(root: Root, model: str) -> None:
    """Start delivering a model's new events, if they go anywhere; returns at once and never fails.

    What the process says goes to `<root>/.hallmark/<model>/deliveries.log`. What it does not get done, the next one
    does, or `hallmark deliver`. For a root in an object store nothing is started: nothing there keeps two
    deliveries apart.

    Args:
        root: The registry root.
        model: The model's name.
    """
    # The commit is done and on record; whatever is wrong here is for `hallmark doctor` to tell.
    with contextlib.suppress(HallmarkError, OSError):
        registry = Registry(absolute_root(root))
        if not isinstance(registry.root, Path) or not any(one.waiting for one in backlogs(registry, model)):
            return
        storage, _ = registry.places(model)
        with alone(storage) as nobody:
            # Who is at it now looks at the log once more before it ends.
            if not nobody:
                return
        log = registry.root / ".hallmark" / model / _LOG
        start_detached(["deliver", model, "--root", str(registry.root)], log)
