"""docs/operations.md: what it tells to type can be typed, and does what it says."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.documented_commands import command_of
from tests.markdown import blocks
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.numbering import Exactly
from tfx_hallmark.registry.registry import Registry

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
DOCUMENTED_MOMENT = "2026-03-14 09:30"
STORIES = [block.code.splitlines() for block in blocks(PAGE, "bash")]
# What needs neither model servers nor ML Metadata, and no other state than what the page begins with.
LINES = [
    line
    for story in STORIES
    if not any("mv " in line or line.startswith("hallmark adopt") for line in story)
    for line in story
    if "--servers" not in line and "--metadata" not in line
]
(LOST,) = [story for story in STORIES if any("mv " in line for line in story)]
INLINE = [
    command
    for command in re.findall(r"`(hallmark [^`]+)`", PAGE.read_text())
    if not re.search(r"[A-Z]{3}", command)
]


@pytest.fixture
def three(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Versions 1.0.0, 1.1.0 and 1.2.0, stable one after the other."""
    for number, version in enumerate(("1.0.0", "1.1.0", "1.2.0"), 1):
        model.tag(make_candidate(number), number=Exactly(version))
        model.push_unchecked(make_candidate(number), version, reason="a test")
    return model


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    assert set(re.findall(r"^```(\w+)$", PAGE.read_text(), re.M)) == {"bash", "python"}
    assert len(LINES) > 10
    assert all(line.startswith("hallmark ") for line in LINES)


def test_the_story_of_a_bad_model_can_be_typed(
    three: Model, root: Path, hallmark: Callable[..., Any]
) -> None:
    # The page asks about a moment long before this registry was there; here it is asked about this one.
    for line in (line.replace(DOCUMENTED_MOMENT, utc_now()) for line in LINES):
        done = hallmark(*shlex.split(line, comments=True)[1:], "--root", str(root))
        assert done.exit_code == 0, (line, done.stderr)
    kinds = [event.kind for event in three.events()][6:]
    assert kinds == ["rolled_back", "quarantined", "rolled_back", "pruned", "pruned"]


def test_the_story_of_a_lost_log_can_be_typed(three: Model, root: Path, hallmark: Callable[..., Any]) -> None:
    lost, doctor, adopt, verify = (shlex.split(line, comments=True)[1:] for line in LOST)
    source, target = (Path(text.replace("$ROOT", str(root))) for text in lost)
    source.rename(target)
    looked = hallmark(*doctor, "--root", str(root))
    assert (looked.exit_code, "records-missing" in looked.stdout) == (1, True)
    for line in (adopt, [*verify, "--root", str(root)]):
        done = hallmark(*(text.replace("$ROOT", str(root)) for text in line))
        assert done.exit_code == 0, (line, done.stderr)
    anew = Registry.open(root).model("penguin")
    assert [event.kind for event in anew.events()] == ["adopted"] * 3
    assert anew.state.labels == {"stable": 3}


@pytest.mark.parametrize("command", INLINE)
def test_commands_in_the_text_exist_and_take_these_options(command: str) -> None:
    _, name, *arguments = shlex.split(command)
    command = command_of(name)
    demanded = any("--reason" in one.opts and one.required for one in command.params)
    required = ["--reason", "a test"] if demanded and "--reason" not in arguments else []
    command.make_context(name, [*arguments, *required])


def test_the_python_does_what_it_says(three: Model, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [block] = blocks(PAGE, "python")
    assert "/srv/models" in block.code
    exec(block.code.replace("/srv/models", str(root)), {})
    assert capsys.readouterr().out.splitlines()[-1] == f"1.1.0 4 {root / 'penguin/4'}"
