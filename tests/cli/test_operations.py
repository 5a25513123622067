"""`hallmark rollback`, `promote`, `quarantine` and `unquarantine`, as an engineer on call runs them."""

import io
import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import HOSTILE, evaluation
from tests.cli.test_ending import WATCHED
from tests.conftest import listing
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]


@pytest.fixture
def two(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Versions 1.0.0 and 1.0.1, stable one after the other, and 1.0.2, which beat 1.0.1, as canary."""
    for number, label in ((1, "stable"), (2, "stable"), (3, "canary")):
        version = model.tag(make_candidate(number)).version
        judged = evaluation(0.9, model.stable())
        assert model.push(make_candidate(number), version, judged, label=label).release == number
    return model


@pytest.fixture
def run(hallmark: Run, root: Path) -> Run:
    """Runs a command on the registry of this test."""

    def runs(*arguments: str) -> Any:
        return hallmark(*arguments, "--root", str(root))

    return runs


@pytest.fixture
def told(run: Run) -> Run:
    """Runs a command with --json and gives the document."""

    def runs(*arguments: str) -> Any:
        done = run(*arguments, "--json")
        assert (done.exit_code, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return runs


def test_a_rollback_says_what_serves_now(two: Model, run: Run) -> None:
    done = run("rollback", "penguin", "--reason", "accuracy fell")
    assert (done.exit_code, done.stderr) == (0, "")
    event = list(two.events())[-1]
    assert done.stdout.splitlines() == [
        "penguin: stable went back from 1.0.1 (release 2) to 1.0.0 (release 4)",
        f"path:    {two.path / '4'}",
        f"by:      {event.actor} (event {event.seq})",
        "reason:  accuracy fell",
    ]
    assert run("live", "penguin").stdout.startswith("penguin 1.0.0  release 4\n")
    logged = run("log", "penguin", "--limit", "1").stdout
    assert "rolled back from release 2 to release 4: accuracy fell" in logged


def test_a_rollback_as_a_document(two: Model, told: Run) -> None:
    answer = told("rollback", "penguin", "--to", "1.0.0", "--reason", "accuracy fell")
    (event,) = answer.pop("events")
    assert answer == {
        "model": "penguin",
        "kind": "rolled_back",
        "dry_run": False,
        "version": "1.0.0",
        "label": "stable",
        "release": 4,
        "path": str(two.path / "4"),
        "from_version": "1.0.1",
        "from_release": 2,
        "successor": None,
        "still_served": None,
        "sentence": "stable went back from 1.0.1 (release 2) to 1.0.0 (release 4)",
        "warning": "",
        "serving": None,
        "served_by": [],
    }
    assert (event["seq"], event["kind"], event["reason"]) == (two.state.seq, "rolled_back", "accuracy fell")


def test_a_canary_that_beat_what_is_stable_is_promoted(two: Model, told: Run) -> None:
    answer = told("promote", "penguin@canary", "--to", "stable", "--reason", "a quiet week")
    assert answer["sentence"] == "stable moved from 1.0.1 (release 2) to 1.0.2 (release 3)"
    assert two.state.labels == {"canary": 3, "stable": 3}


def test_i3_what_did_not_beat_what_is_stable_is_promoted_by_force_only_and_that_stays_on_record(
    two: Model, run: Run
) -> None:
    before = two.state.seq
    refused = run("promote", "penguin@1.0.0", "--to", "stable", "--reason", "a test")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "hallmark: penguin 1.0.0 may not become stable: it was compared with nothing, but 1.0.1 is stable now; "
        "have a pipeline evaluate it against what is stable, or use --force, which stays on record\n"
    )
    assert two.state.seq == before
    forced = run("promote", "penguin@1.0.0", "--to", "stable", "--force", "--reason", "we know better")
    assert forced.stdout.startswith("penguin: stable moved from 1.0.1 (release 2) to 1.0.0 (release 4)\n")
    logged = run("log", "penguin", "--kind", "promoted").stdout
    assert "release 4 became stable; the gate was passed over: we know better" in logged
    assert logged.count("we know better") == 1


def test_i9_a_quarantine_of_what_serves_says_what_took_its_place(two: Model, told: Run) -> None:
    answer = told("quarantine", "penguin@1.0.1", "--reason", "leaked labels")
    assert answer["sentence"] == (
        "1.0.1 was put in quarantine; before that, stable moved from 1.0.1 (release 2) to 1.0.0 (release 4)"
    )
    assert [event["kind"] for event in answer["events"]] == ["rolled_back", "quarantined"]
    assert (answer["successor"], answer["warning"]) == ("1.0.0", "")
    answer = told("unquarantine", "penguin@1.0.1", "--reason", "they were sound")
    assert answer["sentence"] == "1.0.1 was taken out of quarantine; labels stay as they are"
    assert two.state.labels == {"stable": 4, "canary": 3}


@pytest.mark.parametrize("form", [(), ("--json",), ("--dry-run",), ("--dry-run", "--json")])
@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("unquarantine", "penguin 1.0.1 is not in quarantine: there is nothing to lift"),
        ("unhold", "penguin 1.0.1 is not held: there is nothing to lift"),
    ],
)
def test_where_there_is_nothing_to_lift_nothing_is_recorded(
    two: Model, root: Path, run: Run, command: str, line: str, form: tuple[str, ...]
) -> None:
    before = listing(root)
    done = run(command, "penguin@1.0.1", "--reason", "a test", *form)
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"hallmark: {line}\n")
    assert listing(root) == before


def test_i9_a_quarantine_with_nothing_good_left_warns_of_what_goes_on_being_served(
    model: Model, make_candidate: Callable[[int], Path], run: Run
) -> None:
    model.tag(make_candidate(1))
    model.push_unchecked(make_candidate(1), "1.0.0", reason="a test")
    for extra in ("--dry-run", "--json"):
        done = run("quarantine", "penguin@stable", "--reason", "leaked labels", extra)
        assert done.exit_code == 0
        assert "TF Serving goes on serving 1.0.0" in done.stdout
        assert str(model.path / "1") in done.stdout
        assert "move that directory away by hand" in done.stdout
    assert model.stable() is None


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("rollback", "penguin"), "stable would go back from 1.0.1 (release 2) to 1.0.0 (release 4)"),
        (
            ("promote", "penguin@canary", "--to", "stable"),
            "stable would move from 1.0.1 (release 2) to 1.0.2 (release 3)",
        ),
        (
            ("promote", "penguin@1.0.0", "--to", "stable", "--force"),
            "stable would move from 1.0.1 (release 2) to 1.0.0 (release 4)",
        ),
        (("promote", "penguin@1.0.0", "--to", "beta"), "beta would move to 1.0.0 (release 1)"),
        (
            ("quarantine", "penguin@stable"),
            "1.0.1 would be put in quarantine; before that, stable would move from 1.0.1 (release 2) "
            "to 1.0.0 (release 4)",
        ),
        (
            ("quarantine", "penguin@canary"),
            "1.0.2 would be put in quarantine; before that, stable would move from 1.0.1 (release 2) "
            "to 1.0.1 (release 4); it would lose the label canary",
        ),
        (
            ("unquarantine", "penguin@1.0.0"),
            "1.0.0 would be taken out of quarantine; labels would stay as they are",
        ),
    ],
)
def test_a_dry_run_changes_nothing(
    two: Model, root: Path, run: Run, arguments: tuple[str, ...], sentence: str, form: tuple[str, ...]
) -> None:
    if arguments[0] == "unquarantine":
        two.quarantine("1.0.0", reason="a test")
    before = listing(root)
    done = run(*arguments, "--reason", "a test", "--dry-run", *form)
    assert (done.exit_code, done.stderr) == (0, "")
    assert listing(root) == before
    if form:
        answer = json.loads(done.stdout)
        assert (answer["sentence"], answer["dry_run"], answer["events"]) == (sentence, True, [])
    else:
        assert done.stdout.startswith(f"dry run, nothing was changed\npenguin: {sentence}\n")


def test_a_dry_run_fails_as_the_command_itself_would(two: Model, run: Run) -> None:
    two.quarantine("1.0.0", reason="it leaks")
    for arguments in (
        ("rollback", "penguin"),
        ("rollback", "penguin", "--to", "1.0.0"),
        ("promote", "penguin@1.0.0", "--to", "beta"),
        ("rollback", "penguin", "--to", "9.9.9"),
    ):
        before = two.state.seq
        done, dry = (run(*arguments, "--reason", "a test", *extra) for extra in ((), ("--dry-run",)))
        assert done.exit_code == dry.exit_code == 1
        assert done.stderr == dry.stderr
        assert done.stderr.count("\n") == 1
        assert two.state.seq == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("rollback", "penguin"),
        ("rollback", "penguin", "--reason", " "),
        ("quarantine", "penguin@1.0.0", "--reason", "", "--dry-run"),
        ("promote", "penguin@1.0.0", "--reason", "a test"),
        ("promote", "penguin@1.0.0", "--to", "7", "--reason", "a test"),
        ("quarantine", "penguin", "--reason", "a test"),
        ("unquarantine", "penguin@", "--reason", "a test"),
    ],
)
def test_wrong_usage_changes_nothing(two: Model, root: Path, run: Run, arguments: tuple[str, ...]) -> None:
    before = listing(root)
    assert run(*arguments).exit_code == 2
    assert listing(root) == before


def test_a_model_that_is_not_there_is_named(two: Model, run: Run) -> None:
    for arguments in (("rollback", "walrus"), ("quarantine", "walrus@1.0.0")):
        done = run(*arguments, "--reason", "a test")
        assert done.exit_code == 1
        assert "has no model 'walrus': its models are penguin" in done.stderr


def test_a_hostile_reason_is_kept_and_printed_harmlessly(two: Model, run: Run) -> None:
    done = run("rollback", "penguin", "--reason", HOSTILE)
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "\\x1b[2J" in done.stdout
    assert list(two.events())[-1].reason == HOSTILE


def test_who_did_it_is_on_record(two: Model, root: Path, hallmark: Run) -> None:
    done = hallmark("rollback", "penguin", "--reason", "x", "--root", str(root), HALLMARK_ACTOR="ann@laptop")
    assert "by:      ann@laptop" in done.stdout
    assert list(two.events())[-1].actor == "ann@laptop"


@pytest.mark.parametrize(
    "arguments",
    [
        ("rollback", "penguin"),
        ("promote", "penguin@canary", "--to", "stable"),
        ("quarantine", "penguin@stable"),
        ("unquarantine", "penguin@1.0.0"),
    ],
)
def test_i12_operations_load_nothing_heavy(
    two: Model, root: Path, process: Run, arguments: tuple[str, ...]
) -> None:
    if arguments[0] == "unquarantine":
        two.quarantine("1.0.0", reason="a test")
    before = two.state.seq
    done = process("-c", WATCHED, *arguments, "--reason", "a test", environment={"HALLMARK_ROOT": str(root)})
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == ["LOADED", "rich.console"]
    assert Registry.open(root).model("penguin").state.seq > before


@pytest.mark.parametrize("command", ["rollback", "promote", "quarantine", "unquarantine"])
def test_help_shows_how_it_is_used(run: Run, hallmark: Run, command: str) -> None:
    page = hallmark(command, "--help")
    assert page.exit_code == 0
    assert f"hallmark {command} penguin" in page.stdout
    assert "--dry-run" in page.stdout


class Terminal(io.StringIO):
    """Somebody reads it, and whoever waits for a word gets to know of it."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = threading.Event()

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        self.flushed.set()


def test_who_waits_at_a_terminal_is_told_for_what(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with said_if_slow("reading", after=0):
        assert terminal.flushed.wait(60)
    assert terminal.getvalue() == "reading ...\n"


def test_who_does_not_wait_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        with said_if_slow("reading", after=60 if isinstance(stream, Terminal) else 0):
            pass
        assert stream.getvalue() == ""
