"""Writes the event file of a run whole, beside what a training wrote there itself."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

from tensorboard.summary.writer.record_writer import RecordWriter

from tfx_hallmark.mirrors.tensorboard.events import Event

_EMPTIED = 8  # files of a run that are kept without content
_OURS = re.compile(r"events\.out\.tfevents\.([0-9]{10,})\.hallmark\Z")


def write_run(folder: Path, events: Sequence[Event], position: int) -> bool:
    """Make the folder hold these events in one file of ours; nothing is touched if it does already.

    TensorBoard reads on, from file to file in the order of their names, and keeps what it has read. So other events
    get a new file with a later name, which voids what the one before said. That one is emptied: were it deleted, a
    TensorBoard that runs without TensorFlow could not leave it.

    Args:
        folder: The folder of the run.
        events: All that it is to hold.
        position: Position in the model's log, which numbers the file as long as it is above the one there.

    Returns:
        Whether something was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = _records(events)
    found = sorted((int(match[1]), path) for path in folder.iterdir() if (match := _OURS.match(path.name)))
    known = bool(found) and found[-1][1].read_bytes() == content
    if not known:
        number = max(position, found[-1][0] + 1 if found else 0)
        path = folder / f"events.out.tfevents.{number:010}.hallmark"
        # TensorBoard takes any file for its own that has `tfevents` in its name.
        unfinished = folder / ".hallmark.writing"
        unfinished.write_bytes(content)
        unfinished.replace(path)
    older = [path for _, path in (found[:-1] if known else found)]
    for path in older[:-_EMPTIED]:
        path.unlink()
    for path in older[-_EMPTIED:]:
        if path.stat().st_size:
            path.write_bytes(b"")
    return not known


def _records(events: Sequence[Event]) -> bytes:
    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    for event in events:
        # Maps of protobuf are written in any order otherwise, and equal events must be equal bytes.
        writer.write(event.SerializeToString(deterministic=True))
    return buffer.getvalue()
