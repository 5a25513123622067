"""The code blocks of a page of documentation, for the tests that run them."""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S)


class Block(NamedTuple):
    """A fenced block: what it is written in, what it says, and the file that its first line names, if it does."""

    language: str
    code: str

    @property
    def file(self) -> str:
        named = re.match(r"# (\S+\.py)\n", self.code)
        return named[1] if named else ""


def blocks(page: Path, language: str) -> list[Block]:
    """Gives a page's blocks in one language."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    all_blocks = [Block(match["language"], textwrap.dedent(match["code"])) for match in found]
    return [block for block in all_blocks if block.language == language]


def scripts(page: Path) -> dict[str, str]:
    """Gives the Python blocks by the file that each names."""
    return {block.file: block.code for block in blocks(page, "python")}


def applied(diff: str, text: str) -> str:
    """Applies a unified diff whose hunks say by their content alone where they belong; each must fit once."""
    hunks = re.split(r"^@@\n", diff, flags=re.M)[1:]
    for hunk in hunks:
        # An empty line is one of context, whose space editors take away.
        lines = [" \n" if line == "\n" else line for line in hunk.splitlines(keepends=True)]
        before = "".join(line[1:] for line in lines if not line.startswith("+"))
        after = "".join(line[1:] for line in lines if not line.startswith("-"))
        assert text.count(before) == 1, f"this hunk fits {text.count(before)} times:\n{hunk}"
        text = text.replace(before, after)
    return text
