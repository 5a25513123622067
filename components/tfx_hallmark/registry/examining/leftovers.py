"""What killed processes leave beside the releases and the records."""

import datetime
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tfx_hallmark.registry.errors import LocalRootError
from tfx_hallmark.registry.examining.fault import Cure, Fault
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.staging import abandoned
from tfx_hallmark.registry.storage import SCRATCH, Storage

_OLD = 3600  # seconds; a file of this kind lives for less than one while its writer does
_RECORD_FOLDERS = ("", "log", "objects", "checkpoint", "stamps")


def staging_left(ledger: Ledger, releases: Releases) -> Iterator[Fault]:
    """Yield the staging that no release waits in: of no process, or in an object store, untouched for a day."""
    try:
        folders = sorted(releases.staging.iterdir())
    except FileNotFoundError:
        return
    except LocalRootError:
        yield from _staged_in_store(ledger, releases)
        return
    for folder in folders:
        with abandoned(folder) as lost:
            state = ledger.refresh()
            waits = {
                release.staging
                for number, release in state.releases.items()
                if release.staging == folder.name and not releases.is_there(number)
            }
            if not lost or (waits and (folder / "model").exists()):
                continue
        yield Fault(
            finding=Finding(
                code="staging-left",
                where=f"{ledger.model} staging",
                what=f"{folder} was left by a process that was killed; no release waits in it",
                repair=f"hallmark doctor --fix, or any other command: hallmark live {ledger.model}",
            ),
            cure=Cure("delete it", lambda: releases.sweep(ledger)),
        )


def _staged_in_store(ledger: Ledger, releases: Releases) -> Iterator[Fault]:
    day = datetime.timedelta(days=1)
    for left in releases.leftovers(ledger, before=datetime.datetime.now(datetime.timezone.utc) - day):
        finding = Finding(
            code="staging-left",
            where=f"{ledger.model} staging",
            what=f"{left.location} ({left.size:,} bytes) was begun by a process, and untouched for a day",
            repair="if no push is under way, delete that prefix with the store's own tool",
        )
        # Nothing tells whether its process lives, so it is not deleted here.
        yield Fault(finding=finding, cure=None)


def scratch_left(records: Storage, model: str) -> Iterator[Fault]:
    """Yield the temporary files among the records that are too old to be in use; only of a root on a file system."""
    if not isinstance(records.root, Path):
        return
    for folder in (records.root / name for name in _RECORD_FOLDERS):
        for path in sorted(folder.glob(f"{SCRATCH}*")):
            if path.lstat().st_mtime > time.time() - _OLD:
                continue
            yield Fault(
                finding=Finding(
                    code="scratch-left",
                    where=f"{model} records",
                    what=f"{path} is what a killed process had begun to write; no command reads it",
                    repair="hallmark doctor --fix, or delete it",
                ),
                cure=Cure("delete it", partial(path.unlink, missing_ok=True)),
            )
