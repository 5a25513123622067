"""README and docs: every command in a block can be typed as it stands."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.documented_commands import command_of

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(?:console|sh|bash)?\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(hallmark [a-z-]+(?: .*)?)$", re.M)


def commands_of(page: Path) -> list[str]:
    blocks = [block.replace("\\\n", " ") for block in BLOCK.findall(page.read_text())]
    return [line for block in blocks for line in COMMAND.findall(block)]


LINES = sorted({(page.name, line) for page in PAGES for line in commands_of(page)})


def test_the_pages_are_read() -> None:
    assert len(LINES) > 50
    assert {"README.md", "archives.md", "object-stores.md", "serving.md"} <= {name for name, _ in LINES}


@pytest.mark.parametrize(("page", "line"), LINES)
def test_every_command_can_be_typed(page: str, line: str) -> None:
    _, name, *arguments = shlex.split(line, comments=True)
    if arguments and "|" not in arguments and "…" not in line:
        # Reads the arguments, and does nothing.
        command_of(name).make_context(name, arguments)
