"""What changed between the code of two versions: in a line, and as unified diffs of what is stored."""

import difflib
import re
from collections.abc import Iterable, Iterator

import msgspec

from tfx_hallmark.registry.comparing.reading import Stored
from tfx_hallmark.registry.manifest import Code

_SHORT = 12  # digits that name a git commit
_BINARY = ("Binary files ", "GIT binary patch")  # as git says that it does not show what differs
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class CodeDiff(msgspec.Struct, frozen=True, kw_only=True):
    """How one stored text differs from the first version's.

    Attributes:
        version: The later version.
        name: What is compared: the module's path, or `uncommitted changes`.
        text: A unified diff; empty if they are the same.
        note: Why there is no diff, if there is none.
    """

    version: str
    name: str
    text: str
    note: str = ""


def code_changes(before: Code, now: Code, stored_before: Stored, stored_now: Stored) -> Iterator[str]:
    """Tell what changed in the code, a line for each of the module, the commit and what was not committed.

    Args:
        before: The code of the first version.
        now: The code of the later one.
        stored_before: What is stored of the first.
        stored_now: What is stored of the later one.
    """
    if before.module != now.module:
        yield f"module {before.module or 'unknown'} -> {now.module or 'unknown'}"
    if before.module_digest != now.module_digest and before.module_digest and now.module_digest:
        old, new = stored_before.module_source, stored_now.module_source
        told = "the sources are not both stored" if old is None or new is None else _counted(_diff(old, new))
        yield f"{now.module or 'module'} changed: {told}"
    if before.commit != now.commit and (before.commit or now.commit):
        yield f"git commit {_commit(before)} -> {_commit(now)}"
    if before.diff != now.diff or before.dirty != now.dirty:
        old_text, new_text = (
            _uncommitted(code, stored.code_diff)
            for code, stored in ((before, stored_before), (now, stored_now))
        )
        same = " (others)" if old_text == new_text else ""
        yield f"uncommitted changes: {old_text} -> {new_text}{same}"


def code_diffs(
    before: Code | None,
    now: Code | None,
    stored_before: Stored,
    stored_now: Stored,
    *,
    first: str,
    version: str,
) -> Iterator[CodeDiff]:
    """Compare the stored sources and the stored uncommitted changes of two versions.

    Args:
        before: The code of the first version; None if it is not recorded.
        now: The code of the later one.
        stored_before: What is stored of the first.
        stored_now: What is stored of the later one.
        first: The first version.
        version: The later one.
    """
    name = (now.module if now else None) or (before.module if before else None) or "module"
    old, new = stored_before.module_source, stored_now.module_source
    if old is None or new is None:
        without = " and ".join(one for one, text in ((first, old), (version, new)) if text is None)
        yield CodeDiff(version=version, name=name, text="", note=f"the source is not stored of {without}")
    else:
        text = "".join(_diff(old, new, f"{name} of {first}", f"{name} of {version}"))
        yield CodeDiff(version=version, name=name, text=text, note="" if text else "same source")
    old, new = stored_before.code_diff or "", stored_now.code_diff or ""
    if old != new:
        what = "uncommitted changes"
        text = "".join(_diff(old, new, f"{what} of {first}", f"{what} of {version}"))
        yield CodeDiff(version=version, name=what, text=text)


def _lines(text: str) -> list[str]:
    """Split where `diff` does: at a form feed, say, a line goes on."""
    return _LINE.findall(text)


def _diff(before: str, now: str, old_name: str = "", new_name: str = "") -> Iterator[str]:
    for line in difflib.unified_diff(_lines(before), _lines(now), old_name, new_name):
        # As `diff` does it: without it, the next line would be glued to one without an end.
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _counted(diff: Iterable[str]) -> str:
    added = removed = binary = 0
    in_hunk = False  # outside, a plus or a minus is before the name of a file
    for line in diff:
        if line.startswith("@@"):
            in_hunk = True
        elif line.startswith("diff --git "):
            in_hunk = False
        elif in_hunk:
            added += line.startswith("+")
            removed += line.startswith("-")
        else:
            binary += line.startswith(_BINARY)
    told = f"{added} line{'' if added == 1 else 's'} added, {removed} removed"
    files = f"{binary} binary file{'' if binary == 1 else 's'}"
    if binary:
        return f"{told}, {files}" if added or removed else files
    return told


def _commit(code: Code) -> str:
    return code.commit[:_SHORT] if code.commit else "unknown"


def _uncommitted(code: Code, diff: str | None) -> str:
    if diff:
        return _counted(_lines(diff))
    return {True: "some, not stored", False: "none", None: "unknown" if diff is None else "none"}[code.dirty]
