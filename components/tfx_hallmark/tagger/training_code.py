"""The code of a training, carried from where the pipeline is defined to where the model is tagged.

A file may have been edited since, or lie on another machine. So the text goes along, as a parameter of the
component: packed, for an orchestrator would fill in whatever looks like a template in it, and limited in size, for
Kubeflow hands parameters over on a command line, and Linux takes 128 KiB as one argument there. In parts, for ML
Metadata keeps parameters, and takes no long ones on PostgreSQL.
"""

import base64
import bisect
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from blake3 import blake3

from tfx_hallmark.lineage.property_text import LONGEST

_LIMIT = 60_000  # characters, packed
_PARTS = math.ceil(_LIMIT / LONGEST)
# What the parts go by, in their order.
PARAMETERS = ("code", *(f"code_{number}" for number in range(2, _PARTS + 1)))
_LONGEST_DIFF = 1024 * 1024  # characters; what is longer could not be packed so small


class TrainingCode(msgspec.Struct, frozen=True):
    """Text of the code.

    Attributes:
        sources: Python files by name: the module, and what the Trainer packs with it.
        diff: What is not committed, see `git.uncommitted_changes`; None if there is nothing, or it is not kept.
    """

    sources: Mapping[str, str] = {}
    diff: str | None = None


def packed_files(folder: Path) -> dict[str, Path]:
    """Return the Python files of a module's folder, by name: Trainer packs them all (util/udf_utils.py in TFX)."""
    return {path.name: path for path in sorted(folder.glob("*.py")) if path.is_file()}


def file_digest(path: Path) -> str:
    """Return the BLAKE3 digest of a file, `b3:` and 64 hex digits."""
    return f"b3:{blake3(path.read_bytes()).hexdigest()}"


def source_text(path: Path) -> str | None:
    """Return the text of a file, byte for byte; None if it is not in UTF-8."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None


def pack(sources: Sequence[tuple[str, str]], diff: str | None) -> str | None:
    """Return code as one short text; None if there is none.

    Args:
        sources: Names and texts, the weightiest first; those that find no room are left out.
        diff: What is not committed; cut where there is no more room, with a last line that says so.
    """
    kept: dict[str, str] = {}
    for name, text in sources:
        if _fits(TrainingCode({**kept, name: text})):
            kept[name] = text
    code = TrainingCode(kept, diff)
    if diff is not None and (len(diff) > _LONGEST_DIFF or not _fits(code)):
        code = _with_cut_diff(kept, diff)
    return _encode(code) if code.sources or code.diff else None


def in_parameters(packed: str | None) -> dict[str, str]:
    """Return packed code in parts, by the parameters that take them; empty if there is none."""
    text = packed or ""
    parts = [text[start : start + LONGEST] for start in range(0, len(text), LONGEST)]
    return dict(zip(PARAMETERS, parts, strict=False))


def code_in(parameters: Mapping[str, Any]) -> TrainingCode:
    """Return the code that a component's parameters hold; without any if they hold none."""
    packed = "".join(parameters.get(name) or "" for name in PARAMETERS)
    if not packed:
        return TrainingCode()
    return msgspec.json.decode(zlib.decompress(base64.b64decode(packed)), type=TrainingCode)


def _encode(code: TrainingCode) -> str:
    return base64.b64encode(zlib.compress(msgspec.json.encode(code, order="sorted"), 9)).decode()


def _fits(code: TrainingCode) -> bool:
    return len(_encode(code)) <= _LIMIT


def _with_cut_diff(sources: Mapping[str, str], diff: str) -> TrainingCode:
    lines = diff[:_LONGEST_DIFF].splitlines(keepends=True)
    digest = blake3(diff.encode()).hexdigest()

    def cut(kept: int) -> TrainingCode:
        note = (
            f"# cut here: {kept} of {diff.count(chr(10))} lines are kept; BLAKE3 of the whole is {digest}\n"
        )
        return TrainingCode(sources, "".join(lines[:kept]) + note)

    # The last line may be half of one.
    kept = bisect.bisect_left(range(len(lines)), True, key=lambda kept: not _fits(cut(kept))) - 1
    return cut(max(kept, 0))
