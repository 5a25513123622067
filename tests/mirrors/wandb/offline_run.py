"""Reads what an offline run holds: records of protobuf in blocks, as LevelDB writes a log."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

_BLOCK = 32768
_FULL, _LAST = 1, 4


def records(folder: Path) -> Iterator[Any]:
    """Gives the records of an offline run's folder, in their order."""
    (file,) = folder.glob("*.wandb")
    data = file.read_bytes()
    assert data.startswith(b":W&B")
    at, record = 7, b""
    while at + 7 <= len(data):
        left = _BLOCK - at % _BLOCK
        if left < 7:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        record += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (_FULL, _LAST):
            yield Record.FromString(record)
            record = b""


class OfflineRun:
    """What `wandb sync` would upload."""

    def __init__(self, folder: Path) -> None:
        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.history: list[dict[str, Any]] = []
        self.artifacts: list[Any] = []
        self.ended = False
        for record in records(folder):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                self.run = record.run
                self.config |= _values(record.run.config.update)
            elif kind == "summary":
                self.summary |= _values(record.summary.update)
            elif kind == "history":
                self.history.append(_values(record.history.item))
            elif kind == "artifact":
                self.artifacts.append(record.artifact)
            elif kind == "exit":
                self.ended = record.exit.exit_code == 0

    @property
    def started(self) -> tuple[int, int]:
        return self.run.start_time.seconds, self.run.start_time.nanos

    @property
    def aliases(self) -> set[str]:
        """Those of its artifact; `latest` is put on each by wandb itself."""
        (artifact,) = self.artifacts
        return set(artifact.aliases) - {"latest"}


def _values(items: Any) -> dict[str, Any]:
    """Gives values by name; of a nested one, the names joined by dots."""
    return {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}
