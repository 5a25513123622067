"""`hallmark prune`, `hold`, `unhold` and `annotate`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import HOSTILE
from tests.conftest import listing
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]
WHY = ("--reason", "the disk is full")


@pytest.fixture
def six(publish: Callable[..., str]) -> list[str]:
    """Six versions, stable one after the other as releases 1 to 6."""
    return [publish(number) for number in range(1, 7)]


def numbers(model: Model) -> list[int]:
    return sorted(int(path.name) for path in model.path.iterdir())


def test_i10_what_is_stable_and_the_next_rollback_targets_stay(
    told: Run, model: Model, six: list[str]
) -> None:
    answer = told("prune", "penguin", "--keep-last", 0, *WHY)
    assert [(one["version"], one["releases"], one["last"]) for one in answer["deletions"]] == [
        (version, [number], True) for number, version in reversed(list(enumerate(six[:3], 1)))
    ]
    assert {one["version"] for one in answer["kept"]} == set(six[3:])
    assert numbers(model) == [4, 5, 6]
    assert [event["kind"] for event in answer["events"]] == ["pruned"] * 3
    assert {event["reason"] for event in answer["events"]} == {"the disk is full"}


def test_a_directory_that_is_not_the_release_keeps_all_from_being_deleted_in_one_line(
    wrong: Run, told: Run, model: Model, six: list[str], tmp_path: Path
) -> None:
    mine = model.path / "1"
    mine.rename(tmp_path / "away")
    mine.mkdir()
    (mine / "notes.txt").write_text("a week's work")
    for options in ((), ("--dry-run",)):
        line = wrong(1, "prune", "penguin", "--keep-last", 0, *WHY, *options)
        assert line == (
            f"hallmark: {mine} bears the number of a release of penguin@{six[0]}, but was not put there by "
            "hallmark: move it out of the base path; nothing of it was deleted"
        )
    mine.rename(tmp_path / "mine")
    told("prune", "penguin", "--keep-last", 0, *WHY)
    assert numbers(model) == [4, 5, 6]


def test_a_second_time_there_is_nothing_to_delete(told: Run, root: Path, six: list[str]) -> None:
    told("prune", "penguin", "--keep-last", 0, *WHY)
    before = listing(root)
    answer = told("prune", "penguin", "--keep-last", 0, *WHY)
    assert (answer["deletions"], answer["events"], answer["sentence"]) == ([], [], "nothing to delete")
    assert listing(root) == before


def test_a_version_goes_only_if_it_is_past_every_limit(told: Run, model: Model, six: list[str]) -> None:
    assert told("prune", "penguin", "--keep-last", 0, "--keep-days", 1, *WHY)["deletions"] == []
    assert [one["version"] for one in told("prune", "penguin", "--keep-last", 5, *WHY)["deletions"]] == six[
        :1
    ]
    assert numbers(model) == [2, 3, 4, 5, 6]


def test_bytes_freed_are_those_that_no_other_name_leads_to(
    told: Run, model: Model, six: list[str], tmp_path: Path
) -> None:
    size = model.version(six[0]).state.size
    other = next(path for path in (model.path / "2").rglob("variables.data*"))
    (tmp_path / "elsewhere").hardlink_to(other)
    shared = other.stat().st_size
    rehearsed = told("prune", "penguin", "--keep-last", 4, *WHY, "--dry-run")
    done = told("prune", "penguin", "--keep-last", 4, *WHY)
    for answer in (rehearsed, done):
        assert answer["bytes_shared"] == shared
        assert answer["bytes_freed"] >= 2 * size - shared
    assert rehearsed["bytes_freed"] == done["bytes_freed"]
    assert (tmp_path / "elsewhere").stat().st_size == shared


def test_a_dry_run_tells_the_same_and_changes_nothing(told: Run, root: Path, six: list[str]) -> None:
    before = listing(root)
    rehearsed = told("prune", "penguin", "--keep-last", 0, *WHY, "--dry-run")
    assert (rehearsed["dry_run"], rehearsed["events"]) == (True, [])
    assert listing(root) == before
    done = told("prune", "penguin", "--keep-last", 0, *WHY)
    assert rehearsed["deletions"] == done["deletions"]


def test_every_reason_why_something_stays_is_told(told: Run, six: list[str]) -> None:
    told("hold", f"penguin@{six[5]}", *WHY)
    kept = {
        one["version"]: " ".join(one["reasons"])
        for one in told("prune", "penguin", "--keep-last", 0, *WHY)["kept"]
    }
    assert "stable" in kept[six[5]]
    assert "held" in kept[six[5]]
    assert "rollback" in kept[six[4]]


def test_what_is_held_stays_until_the_hold_is_lifted(told: Run, model: Model, six: list[str]) -> None:
    held = told("hold", f"penguin@{six[0]}", "--reason", "named in a report")
    assert (held["kind"], held["version"]) == ("held", six[0])
    assert held["sentence"] == f"{six[0]} was held: its files stay, whatever retention says"
    told("prune", "penguin", "--keep-last", 0, *WHY)
    assert numbers(model) == [1, 4, 5, 6]
    (listed,) = (one for one in told("list", "penguin")["versions"] if one["version"] == six[0])
    assert listed["held"] == "named in a report"
    told("unhold", f"penguin@{six[0]}", "--reason", "the report was accepted")
    told("prune", "penguin", "--keep-last", 0, *WHY)
    assert numbers(model) == [4, 5, 6]


def test_files_that_are_gone_cannot_be_held(told: Run, wrong: Run, six: list[str]) -> None:
    told("prune", "penguin", "--keep-last", 0, *WHY)
    assert six[0] in wrong(1, "hold", f"penguin@{six[0]}", *WHY)


def test_i10_a_quarantine_keeps_its_evidence_unless_that_is_asked_for(
    told: Run, model: Model, six: list[str]
) -> None:
    told("quarantine", f"penguin@{six[0]}", "--reason", "leaked labels")
    told("prune", "penguin", "--keep-last", 0, *WHY)
    assert 1 in numbers(model)
    told("prune", "penguin", "--keep-last", 0, "--quarantined", *WHY)
    assert 1 not in numbers(model)
    (listed,) = told("list", "penguin", "--status", "quarantined")["versions"]
    assert (listed["version"], listed["quarantine"]) == (six[0], "leaked labels")


def test_i10_what_is_known_of_a_pruned_version_stays(told: Run, run: Run, six: list[str]) -> None:
    shown = told("show", f"penguin@{six[0]}")
    verdict = run("why", f"penguin@{six[0]}").stdout
    told("prune", "penguin", "--keep-last", 0, *WHY)
    after = told("show", f"penguin@{six[0]}")
    assert after["manifest"] == shown["manifest"]
    assert after["verdict"] == shown["verdict"]
    assert run("why", f"penguin@{six[0]}").stdout == verdict
    assert "the disk is full" in run("show", f"penguin@{six[0]}").stdout
    assert run("verify", "penguin").exit_code == 0
    assert run("audit").exit_code == 0


def test_a_pruned_version_is_no_rollback_target(told: Run, wrong: Run, six: list[str]) -> None:
    told("prune", "penguin", "--keep-last", 0, *WHY)
    assert six[0] in wrong(1, "rollback", "penguin", "--to", six[0], "--reason", "a test")
    assert six[0] in wrong(1, "promote", f"penguin@{six[0]}", "--to", "beta", "--reason", "a test")


def test_of_a_version_that_stays_the_older_release_goes(told: Run, model: Model, three: list[str]) -> None:
    told("rollback", "penguin", "--reason", "a test")
    (gone,) = told("prune", "penguin", "--keep-last", 9, *WHY)["deletions"]
    assert (gone["version"], gone["releases"], gone["last"]) == (three[1], [2], False)
    assert numbers(model) == [1, 3, 4]
    assert model.state.labels == {"stable": 4}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("prune", "penguin", *WHY), "Nothing says what to keep"),
        (("prune", "penguin", "--keep-last", "1"), "Missing option '--reason'"),
        (("prune", "penguin", "--keep-last", "1", "--reason", " "), "--reason"),
        (("prune", "penguin", "--keep-last", "-1", *WHY), "-1 is not in the range"),
        (("prune", "penguin", "--keep-days", "-0.5", *WHY), "-0.5 is not in the range"),
        (("hold", "penguin", *WHY), "penguin"),
        (("hold", "penguin@1.0.0"), "Missing option '--reason'"),
        (("unhold", "penguin@", *WHY), "names no version"),
        (("annotate", "penguin@1.0.0"), "Nothing is to be noted"),
        (("annotate", "penguin@1.0.0", "--label", "ticket"), "'ticket' is no note"),
        (("annotate", "penguin@1.0.0", "--label", "=x"), "'=x' is no note"),
    ],
)
def test_wrong_usage_changes_nothing(
    wrong: Run, three: list[str], arguments: tuple[str, ...], part: str
) -> None:
    assert part in wrong(2, *arguments)


@pytest.mark.parametrize("command", ["hold", "unhold"])
def test_a_version_that_is_not_there_is_named(wrong: Run, three: list[str], command: str) -> None:
    assert "no such version of penguin" in wrong(1, command, "penguin@9.9.9", *WHY)
    assert "has no model 'walrus'" in wrong(1, command, "walrus@1.0.0", *WHY)


def test_a_note_is_shown_listed_replaced_and_removed(told: Run, run: Run, three: list[str]) -> None:
    reference = f"penguin@{three[0]}"
    told("annotate", reference, "--label", "ticket=ML-7", "--label", "by=maria", "--description", "no Biscoe")
    shown = told("show", reference)
    assert (shown["notes"], shown["description"]) == ({"ticket": "ML-7", "by": "maria"}, "no Biscoe")
    assert "ticket" in run("show", reference).stdout
    told("annotate", reference, "--label", "ticket=ML-8", "--label", "by=")
    assert told("show", reference)["notes"] == {"ticket": "ML-8"}
    told("annotate", reference, "--description", "")
    assert told("show", reference)["description"] == ""
    assert told("list", "penguin", "--where", "notes.ticket = 'ML-8'")["versions"][0]["version"] == three[0]


def test_the_value_of_a_note_may_hold_an_equals_sign(told: Run, three: list[str]) -> None:
    told("annotate", "penguin@stable", "--label", "query=a=b")
    assert told("show", "penguin@stable")["notes"] == {"query": "a=b"}


def test_a_hostile_note_is_kept_and_printed_harmlessly(told: Run, run: Run, three: list[str]) -> None:
    told("annotate", "penguin@stable", "--description", HOSTILE)
    assert told("show", "penguin@stable")["description"] == HOSTILE
    for command in (("show", "penguin@stable"), ("log", "penguin"), ("list", "penguin")):
        assert "\x1b" not in run(*command).stdout


def test_a_dry_run_of_a_note_changes_nothing(told: Run, root: Path, three: list[str]) -> None:
    before = listing(root)
    for command in (("hold",), ("annotate", "--description", "x")):
        answer = told(command[0], "penguin@stable", *command[1:], "--reason", "a test", "--dry-run")
        assert (answer["dry_run"], answer["events"]) == (True, [])
    assert listing(root) == before
