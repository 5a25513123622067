"""`live --at`, `list --at` and `log --since --until --actor`: what was true then, and who did it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.conftest import listing
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.events import GENESIS, seal
from tfx_hallmark.registry.log import event_key
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]
DAY = "2024-01-05"


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with one event an hour, from 08:00 to 15:00 of penguin; at 16:00 one of seal."""
    root, candidates = tmp_path_factory.mktemp("registry"), tmp_path_factory.mktemp("candidates")
    first, second = (
        change_weights(copy_saved_model("linear", candidates / str(number)), number) for number in (1, 2)
    )
    penguin = Registry.create(root).model("penguin")
    penguin.tag(first, actor="ci@runner-1")
    penguin.push_unchecked(first, "1.0.0", reason="the first", actor="ci@runner-1")
    penguin.tag(second, actor="ci@runner-2")
    penguin.push_unchecked(second, "1.0.1", reason="the second", actor="ci@runner-2")
    penguin.rollback(reason="accuracy fell", actor="Maria@ops")
    penguin.quarantine("1.0.1", reason="leaked labels", actor="Maria@ops")
    penguin.promote("1.0.0", "canary", reason="to watch it", actor="ada@ops")
    penguin.quarantine("1.0.0", reason="wrong units", actor="ada@ops")
    restamp(root, penguin, 8)
    sealed = Registry.open(root).model("seal")
    sealed.tag(first, actor="ci@runner-1")
    restamp(root, sealed, 16)
    return root


def restamp(root: Path, model: Model, hour: int) -> None:
    """Let a log say that its events came on the hour, one an hour."""
    prev = GENESIS
    for event in list(model.events()):
        time = f"{DAY}T{hour + event.seq - 1:02d}:00:00.000000Z"
        data, prev = seal(msgspec.structs.replace(event, time=time, prev=prev))
        (root / ".hallmark" / model.name / event_key(event.seq)).write_bytes(data)


@pytest.fixture
def run(past: Path) -> Run:
    def runs(*arguments: str) -> Any:
        return CliRunner(env={"HALLMARK_ROOT": str(past), "COLUMNS": None}).invoke(app, list(arguments))

    return runs


@pytest.fixture
def told(run: Run) -> Run:
    def tells(*arguments: str) -> Any:
        done = run(*arguments, "--json")
        assert (done.exit_code, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return tells


def hour(number: int) -> str:
    return f"{DAY}T{number:02d}:00:00.000000Z"


@pytest.mark.parametrize(
    ("time", "version", "release", "since", "until", "actor", "kind"),
    [
        ("09:00", "1.0.0", 1, 9, 11, "ci@runner-1", "published"),
        ("10:59", "1.0.0", 1, 9, 11, "ci@runner-1", "published"),
        ("11:00", "1.0.1", 2, 11, 12, "ci@runner-2", "published"),
        ("12:00", "1.0.0", 3, 12, 15, "Maria@ops", "rolled_back"),
        ("14:59:59.999999", "1.0.0", 3, 12, 15, "Maria@ops", "rolled_back"),
    ],
)
def test_live_tells_what_served_then_since_when_by_whom_and_why(
    told: Run,
    past: Path,
    time: str,
    version: str,
    release: int,
    since: int,
    until: int,
    actor: str,
    kind: str,
) -> None:
    live = told("live", "penguin", "--at", f"{DAY} {time}")
    assert (live["version"], live["release"], live["actor"], live["kind"]) == (version, release, actor, kind)
    assert (live["since"], live["until"]) == (hour(since), hour(until))
    assert live["at"].startswith(f"{DAY}T{time}")
    assert live["path"] == str(past / "penguin" / str(release))
    assert live["sentence"].endswith(live["reason"])


def test_people_read_the_moment_the_span_and_the_reason(run: Run) -> None:
    lines = run("live", "penguin", "--at", f"{DAY} 12:30").stdout.splitlines()
    assert lines[0].split() == ["penguin", "1.0.0", "release", "3"]
    assert lines[1:6] == [
        f"as of:   {DAY} 12:30:00 UTC",
        f"since:   {DAY} 12:00:00 UTC",
        f"until:   {DAY} 15:00:00 UTC",
        "by:      Maria@ops (rolled_back, event 5)",
        "why:     rolled back from release 2 to release 3: accuracy fell",
    ]


@pytest.mark.parametrize(
    "time",
    [
        f"{DAY}T11:30:00Z", f"{DAY}T11:30:00.000Z", f"{DAY} 11:30", f"{DAY}T11:30", f"{DAY} 11:30:00",
        f"{DAY} 11:30:00 UTC", f"{DAY}T12:30:00+01:00", f"{DAY}T06:30-05:00", f"{DAY}T17:15+0545",
    ],
)  # fmt: skip
def test_a_moment_is_the_same_in_every_form_and_zone(told: Run, time: str) -> None:
    live = told("live", "penguin", "--at", time)
    assert (live["at"], live["release"]) == (f"{DAY}T11:30:00.000000Z", 2)


def test_a_date_is_its_first_instant(told: Run, run: Run) -> None:
    assert run("live", "penguin", "--at", DAY).exit_code == 1
    assert told("list", "penguin", "--at", "2024-01-06")["at"] == "2024-01-06T00:00:00.000000Z"


def test_a_span_is_so_long_ago(told: Run) -> None:
    assert told("list", "penguin", "--at", "1m")["versions"] == told("list", "penguin")["versions"]
    assert told("log", "penguin", "--since", "1d")["events"] == []


def test_live_of_all_models_leaves_out_those_that_came_later(told: Run, run: Run) -> None:
    then = told("live", "--at", f"{DAY} 12:00")
    assert [(live["model"], live["release"], live["at"]) for live in then["live"]] == [
        ("penguin", 3, hour(12))
    ]
    assert (then["nothing"], then["at"]) == ([], hour(12))
    late = told("live", "--at", f"{DAY} 16:00")
    assert (late["live"], late["nothing"]) == ([], ["penguin", "seal"])
    assert told("live")["at"] is None
    assert run("live", "--at", f"{DAY} 12:00").stdout.splitlines()[-1] == f"as of {DAY} 12:00:00 UTC"
    assert "as of" not in run("live").stdout


def test_nothing_stable_then_is_one_line(run: Run) -> None:
    for when in (8, 15):
        done = run("live", "penguin", "--at", hour(when))
        assert (done.exit_code, done.stdout) == (1, "")
        command = f"hallmark list penguin --at {hour(when)}"
        assert done.stderr == (
            f"hallmark: nothing of penguin was stable at {hour(when)}: see '{command}' for what there was\n"
        )
        assert run(*command.split()[1:]).exit_code == 0


@pytest.mark.parametrize("command", ["live", "list"])
def test_before_the_first_event_is_one_line(run: Run, past: Path, command: str) -> None:
    of_one = run(command, "penguin", "--at", f"{DAY} 07:59")
    assert (of_one.exit_code, of_one.stdout) == (1, "")
    assert of_one.stderr == (
        f"hallmark: penguin had no history yet at {DAY}T07:59:00.000000Z: its first event is of {hour(8)}\n"
    )
    of_all = run(command, "--at", f"{DAY} 07:59", "--json")
    assert (of_all.exit_code, of_all.stdout) == (1, "")
    assert of_all.stderr == (
        f"hallmark: {past} had no models yet at {DAY}T07:59:00.000000Z: its first event is of {hour(8)}\n"
    )


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (8, [("1.0.0", "tagged", [], [])]),
        (10, [("1.0.1", "tagged", [], []), ("1.0.0", "published", [1], ["stable"])]),
        (11, [("1.0.1", "published", [2], ["stable"]), ("1.0.0", "published", [1], [])]),
        (12, [("1.0.1", "published", [2], []), ("1.0.0", "published", [1, 3], ["stable"])]),
        (14, [("1.0.1", "quarantined", [2], []), ("1.0.0", "published", [1, 3], ["canary", "stable"])]),
        (15, [("1.0.1", "quarantined", [2], []), ("1.0.0", "quarantined", [1, 3], [])]),
    ],
)
def test_list_tells_versions_status_and_labels_as_they_were(
    told: Run, when: int, expected: list[tuple[Any, ...]]
) -> None:
    found = told("list", "penguin", "--at", hour(when))
    keys = ("version", "status", "releases", "labels")
    assert [tuple(version[key] for key in keys) for version in found["versions"]] == expected
    assert found["at"] == hour(when)


def test_list_limits_and_filters_by_what_was_true_then(told: Run, run: Run) -> None:
    then = ("list", "penguin", "--at", hour(11))
    assert told(*then, "--status", "quarantined")["versions"] == []
    limited = told(*then, "--limit", "1")
    assert ([version["version"] for version in limited["versions"]], limited["more"]) == (["1.0.1"], 1)
    assert run(*then).stdout.splitlines()[-1] == f"as of {DAY} 11:00:00 UTC"


def test_list_of_all_models_tells_what_each_served_then(told: Run, run: Run) -> None:
    found = told("list", "--at", hour(13))
    assert found["at"] == hour(13)
    assert found["models"] == [
        {
            "model": "penguin",
            "stable": {"version": "1.0.0", "release": 3, "since": hour(12)},
            "latest": "1.0.1",
            "versions": 2,
            "refused": 0,
            "quarantined": 1,
        }
    ]
    assert told("list")["at"] is None
    assert [model["model"] for model in told("list")["models"]] == ["penguin", "seal"]
    assert run("list", "--at", hour(13)).stdout.splitlines()[-1] == f"as of {DAY} 13:00:00 UTC"


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (("--since", f"{DAY} 12:00"), [8, 7, 6, 5]),
        (("--since", f"{DAY} 12:00:01"), [8, 7, 6]),
        (("--until", f"{DAY} 10:00"), [3, 2, 1]),
        (("--until", f"{DAY} 09:59:59"), [2, 1]),
        (("--since", f"{DAY}T10:00+01:00", "--until", f"{DAY} 11:00"), [4, 3, 2]),
        (("--since", DAY, "--until", "2024-01-06"), [8, 7, 6, 5, 4, 3, 2, 1]),
        (("--since", hour(11), "--until", hour(11)), [4]),
        (("--kind", "published", "--kind", "rolled_back"), [5, 4, 2]),
        (("--actor", "maria"), [6, 5]),
        (("--actor", "@RUNNER"), [4, 3, 2, 1]),
        (("--actor", "a@ops"), [8, 7, 6, 5]),
        (("--actor", ".*"), []),
        (("--kind", "quarantined", "--actor", "ada", "--since", DAY), [8]),
        (("--until", "2100-01-01"), [8, 7, 6, 5, 4, 3, 2, 1]),
    ],
)
def test_log_shows_what_meets_every_condition(
    told: Run, conditions: tuple[str, ...], expected: list[int]
) -> None:
    found = told("log", "penguin", *conditions)
    assert [event["seq"] for event in found["events"]] == expected
    assert found["more"] is False


def test_log_counts_towards_the_limit_what_is_wanted_only(told: Run, run: Run) -> None:
    found = told("log", "penguin", "--actor", "ci@", "--since", hour(9), "--limit", "2")
    assert ([event["seq"] for event in found["events"]], found["more"]) == ([4, 3], True)
    assert (found["since"], found["until"]) == (hour(9), None)
    assert told("log", "penguin", "--until", hour(9), "--limit", "2")["more"] is False
    page = run("log", "penguin", "--until", hour(7))
    assert (page.exit_code, page.stdout) == (0, "penguin has no such events\n")


@pytest.mark.parametrize(
    "option", ["live --at", "live penguin --at", "list --at", "list penguin --at", "log penguin --since"]
)
def test_a_time_that_cannot_be_read_is_wrong_usage(run: Run, option: str) -> None:
    done = run(*option.split(), "yesterday")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("hallmark: 'yesterday' is no time: write it as 2026-11-20, ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["live", "list"])
def test_the_future_is_wrong_usage(run: Run, command: str) -> None:
    done = run(command, "penguin", "--at", "2100-01-01")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("hallmark: '2100-01-01' is in the future, it is 20")
    assert done.stderr.count("\n") == 1


def test_since_after_until_is_wrong_usage(run: Run) -> None:
    done = run("log", "penguin", "--since", hour(12), "--until", hour(11))
    assert (done.exit_code, done.stdout) == (2, "")
    what = f"nothing is both since {hour(12)} and until {hour(11)}"
    assert done.stderr == f"hallmark: {what}: give the earlier time as since\n"


def test_going_back_changes_nothing_and_works_in_a_process_of_its_own(process: Run, past: Path) -> None:
    before = listing(past)
    for arguments in (("live", "--at"), ("list", "penguin", "--at"), ("log", "penguin", "--since")):
        environment = {"HALLMARK_ROOT": str(past), "TZ": "Asia/Tokyo"}
        done = process(
            "-m", "tfx_hallmark.cli.main", *arguments, f"{DAY} 12:00", "--json", environment=environment
        )
        assert (done.returncode, done.stderr) == (0, "")
        answer = json.loads(done.stdout)
        assert hour(12) in (answer.get("at"), answer.get("since"))
    assert listing(past) == before
