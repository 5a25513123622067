"""Finishing what other processes left half-done, killed or still at it."""

import contextlib

from tfx_hallmark.registry.errors import ForeignEntryError, StorageError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.retention.retiring import retire


def settle(releases: Releases, ledger: Ledger) -> None:
    """Finish what others left: expose committed releases, delete pruned ones and staging that nobody owns.

    Raises:
        ForeignEntryError: If a committed release's place is taken by something else.
    """
    state = ledger.refresh()
    pending = releases.unexposed(ledger.unsettled_releases())
    for number, release in pending.items():
        # A reader may lack write permission; whoever writes next finishes it.
        with contextlib.suppress(StorageError):
            releases.expose(number, release)
    pruned = releases.undeleted(ledger.unsettled_prunings())
    for number in sorted(pruned):
        try:
            retire(releases, number, state)
        except ForeignEntryError:
            # What was pruned is gone; `verify` tells of what has taken its number.
            pruned.discard(number)
        except StorageError:
            pass
    if not (pending and releases.unexposed(pending)) and not (pruned and releases.undeleted(pruned)):
        ledger.save_checkpoint()
    releases.sweep(ledger)
