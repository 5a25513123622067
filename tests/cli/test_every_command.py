"""Every command says how it is used, with examples that can be typed; every dry run changes nothing."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest

from tests.cli.documented_commands import command_of
from tests.conftest import listing
from tests.signing_keys import make_keys
from tfx_hallmark.cli.commands import NAMES
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]
EXAMPLE = re.compile(r"^ {4}(hallmark .*)$", re.M)


def options_of(name: str) -> set[str]:
    return {
        text for parameter in command_of(name).params for text in (*parameter.opts, *parameter.secondary_opts)
    }


def examples_of(name: str) -> list[str]:
    page = command_of(name).get_help(click.Context(command_of(name), info_name=name, terminal_width=110))
    _, found, rest = page.partition("Examples:\n")
    assert found, name
    return [re.split(r"\s{2,}", example)[0] for example in EXAMPLE.findall(rest)]


def test_the_help_lists_every_command(hallmark: Run) -> None:
    page = hallmark("--help")
    assert page.exit_code == 0
    for name in NAMES:
        assert re.search(rf"^  {name} ", page.stdout, re.M), name


def test_a_command_that_there_is_not_is_named(hallmark: Run) -> None:
    result = hallmark("nonesuch")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nonesuch" in result.stderr
    assert app.get_command(click.Context(app), "nonesuch") is None


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_an_example_of_itself(hallmark: Run, name: str) -> None:
    page = hallmark(name, "--help")
    assert (page.exit_code, page.stderr) == (0, "")
    assert page.stdout.startswith(f"Usage: hallmark {name} ")
    assert re.search(rf"^    hallmark {name}( |$)", page.stdout, re.M)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_can_be_typed(name: str) -> None:
    examples = examples_of(name)
    assert examples
    for example in examples:
        program, command, *arguments = shlex.split(example)
        assert program == "hallmark"
        command_of(command).make_context(command, arguments)


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_explained(name: str) -> None:
    for parameter in command_of(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.opts


def test_what_changes_what_serves_asks_for_a_reason() -> None:
    for name in ("rollback", "promote", "quarantine", "unquarantine", "prune", "hold", "unhold"):
        (reason,) = (one for one in command_of(name).params if "--reason" in one.opts)
        assert reason.required, name
        assert "--dry-run" in options_of(name), name


def test_what_only_reads_writes_one_document_on_demand() -> None:
    for name in NAMES:
        if name not in ("report", "metrics", "init-pipeline", "ui"):
            assert "--json" in options_of(name), name


WITH_REASON = sorted(name for name in NAMES if {"--reason", "--dry-run"} <= options_of(name))


def arguments_of(name: str, folder: Path) -> list[str]:
    """Gives what a command has something to do with."""
    known = {
        "rollback": ["penguin"],
        "promote": ["penguin@1.0.0", "--to", "beta"],
        "quarantine": ["penguin@stable"],
        "unquarantine": ["penguin@1.0.3"],
        "prune": ["penguin", "--keep-last", "0"],
        "hold": ["penguin@1.0.0"],
        "unhold": ["penguin@1.0.2"],
        "annotate": ["penguin@1.0.0", "--description", "one"],
        "canary": ["penguin", "--abort"],
        "config": ["--serving-policy", "latest"],
    }
    if name == "sign":
        return ["penguin@1.0.0", "--key", str(make_keys(folder).private)]
    return known[name]


@pytest.fixture
def busy(model: Model, publish: Callable[..., str]) -> Model:
    """A model with which every operation has something to do."""
    for number in range(1, 6):
        publish(number)
    Registry.open(model.path.parent).settings.change(
        lambda now: msgspec.structs.replace(now, serving_policy="labels", rollback_targets=0, standby=0),
        actor="a test",
        reason="a test",
    )
    model.promote_unchecked("1.0.1", "canary", reason="a test")
    model.quarantine("1.0.3", reason="a test")
    model.hold("1.0.2", reason="a test")
    return model


@pytest.mark.parametrize("name", [name for name in WITH_REASON if name not in ("adopt", "import")])
def test_a_dry_run_changes_nothing_and_the_same_without_it_does(
    busy: Model, root: Path, tmp_path: Path, run: Run, name: str
) -> None:
    arguments = arguments_of(name, tmp_path)
    before = listing(root)
    rehearsed = run(name, *arguments, "--reason", "a test", "--dry-run")
    assert (rehearsed.exit_code, rehearsed.stderr) == (0, "")
    assert "dry run, nothing was changed" in rehearsed.stdout
    assert listing(root) == before
    done = run(name, *arguments, "--reason", "a test")
    assert (done.exit_code, done.stderr) == (0, "")
    assert listing(root) != before


def test_every_command_that_asks_for_a_reason_can_be_rehearsed() -> None:
    without = {name for name in NAMES if "--reason" in options_of(name)} - set(WITH_REASON)
    assert without == {"compare"}  # which records an evaluation, and has --no-record
