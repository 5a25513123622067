"""Kills tasks at chosen points, each once: preloaded into a scheduler, whose tasks inherit it.

A point is armed by a file of its name in the folder that HALLMARK_TEST_KILLS names. Whoever gets there first
deletes the file and dies by kill -9.
"""

import contextlib
import os
import signal
from pathlib import Path

from tfx.orchestration.publisher import Publisher

from tfx_hallmark.registry.log import EventLog

# After the executor, before what it made is recorded in ML Metadata.
RECORDING = "recording {}"
# After an event is in the registry's log: an event's kind.
COMMITTED = "committed {}"


def arm(folder: Path, *points: str) -> None:
    folder.mkdir(exist_ok=True)
    for point in points:
        (folder / point).touch()


def armed(folder: Path) -> list[str]:
    return sorted(point.name for point in folder.iterdir())


def _die_once(point: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        (Path(os.environ["HALLMARK_TEST_KILLS"]) / point).unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def _install() -> None:
    append, publish = EventLog.append, Publisher.publish_execution

    def append_and_die(self, *args, **kwargs):
        committed = append(self, *args, **kwargs)
        if committed is not None:
            _die_once(COMMITTED.format(committed[0].kind))
        return committed

    def die_and_publish(self, component_info, *args, **kwargs):
        _die_once(RECORDING.format(component_info.component_id))
        return publish(self, component_info, *args, **kwargs)

    EventLog.append, Publisher.publish_execution = append_and_die, die_and_publish


if "HALLMARK_TEST_KILLS" in os.environ:
    _install()
