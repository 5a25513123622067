"""The offline runs that are there already: what is in them, and which of them a later one replaces."""

import json
import shutil
from pathlib import Path

import msgspec

MARK = "hallmark.json"  # in the folder of each offline run of ours


class OfflineRun(msgspec.Struct, frozen=True):
    """An offline run that this mirror wrote.

    Attributes:
        folder: Its folder.
        content: Hash of what it shows.
    """

    folder: Path
    content: str

    @property
    def synced(self) -> bool:
        """Whether `wandb sync` has uploaded it."""
        return any(self.folder.glob("*.synced"))


def offline_runs(folder: Path, project: str, run_id: str) -> list[OfflineRun]:
    """Return the offline runs of an id that were written to their end, oldest first.

    Args:
        folder: What WANDB_DIR says.
        project: The project that they are for, as `process.Job.place` writes it.
        run_id: Id of the run.
    """
    found = []
    for place in (folder / "wandb", folder / ".wandb"):
        for path in place.glob("offline-run-*"):
            if path.name.endswith(f"-{run_id}") and (content := _content(path, project)) is not None:
                found.append(OfflineRun(path, content))
    return sorted(found, key=lambda run: run.folder.name)


def _content(path: Path, project: str) -> str | None:
    try:
        told = json.loads((path / MARK).read_text())
    except (OSError, ValueError):
        return None
    ours = isinstance(told, dict) and told.get("place") == project and isinstance(told.get("content"), str)
    return told["content"] if ours else None


def drop(runs: list[OfflineRun]) -> None:
    """Delete those that were not uploaded yet: an upload of several at once would end with any of them."""
    for run in runs:
        if not run.synced:
            shutil.rmtree(run.folder, ignore_errors=True)
