"""What can be wrong with a checkpoint. It is a cache; but one that knows what the log does not is evidence."""

from collections.abc import Iterator

from tfx_hallmark.registry.checkpoint import saved_state
from tfx_hallmark.registry.errors import DigestMismatchError, HallmarkError
from tfx_hallmark.registry.examining.fault import Cure, Fault
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.log import EventLog
from tfx_hallmark.registry.storage import Storage

FOLDER = "checkpoint"
LAG = 1000  # events from which it is worth a word that every opening reads them all


def checkpoint_faults(records: Storage, model: str, opening: Cure) -> Iterator[Fault]:
    """Yield what is wrong with a model's checkpoint; one ahead of the log is told of by reading that.

    Args:
        records: Where the model's records lie.
        model: Its name.
        opening: Opens the model, which saves a checkpoint if one is due.
    """

    def renew() -> None:
        records.remove(FOLDER)
        opening.apply()

    try:
        saved = saved_state(records)
    except DigestMismatchError:
        yield Fault(
            finding=_finding(
                "checkpoint-damaged",
                model,
                f"{records.root / FOLDER} is damaged, and passed over",
                "hallmark doctor --fix, or delete that folder: it is a cache, and is made anew",
            ),
            cure=Cure("delete it, and save it anew", renew),
        )
        return
    except HallmarkError as error:
        what, _, repair = str(error).rpartition("; ")
        yield Fault(finding=_finding("checkpoint-unreadable", model, what, repair))
        return
    seq = 0 if saved is None else saved.seq
    if saved is not None and (saved.model != model or not _follows(records, saved.model, seq, saved.seal)):
        # Not mended by itself: it may be the only trace of events that were replaced.
        what = f"{records.root / FOLDER} is of another history than the log, and passed over"
        repair = "compare the log with a backup; if the log is right, delete that folder, which is made anew"
        yield Fault(finding=_finding("checkpoint-differs", model, what, repair))
        return
    behind = _events_after(records, seq)
    if behind >= max(LAG, seq // 20):
        what = f"it reaches to event {seq:,}, and {behind:,} came after it, which every command reads"
        repair = f"hallmark doctor --fix, or any command on {model} by a user who may write there"
        yield Fault(finding=_finding("checkpoint-behind", model, what, repair), cure=opening)


def _follows(records: Storage, model: str, seq: int, seal: str) -> bool:
    try:
        found = EventLog(records, model).read(seq)
    except HallmarkError:
        return True  # the log's own finding
    return found is None or found[1] == seal


def _events_after(records: Storage, seq: int) -> int:
    newest = max((name for name in records.keys("log") if name[:20].isdecimal()), default="0")
    return int(newest[:20]) - seq


def _finding(code: str, model: str, what: str, repair: str) -> Finding:
    return Finding(code=code, where=f"{model} checkpoint", what=what, repair=repair)
