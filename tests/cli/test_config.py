"""`hallmark config`: what holds for a registry root, and changes of it, which stay on record."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.signing_keys import make_keys
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]


def test_without_options_it_tells_every_setting(told: Run, root: Path) -> None:
    answer = told("config")
    assert answer["root"] == str(root)
    assert answer["settings"] == {
        "serving_policy": "latest",
        "serving_root": None,
        "standby": answer["settings"]["standby"],
        "servers": [],
        "rollback_targets": 2,
        "require_signatures": False,
        "public_keys": [],
        "deliveries": [],
    }
    assert (answer["changes"], answer["models"], answer["dry_run"]) == ([], [], False)


def test_a_page_tells_who_changed_it_last_and_why(run: Run) -> None:
    assert (
        run("config", "--rollback-targets", 5, "--reason", "a big disk", HALLMARK_ACTOR="maria").exit_code
        == 0
    )
    page = run("config").stdout
    assert "rollback targets" in page
    assert "by maria: a big disk" in page


def test_each_change_stays_on_record_oldest_first(told: Run) -> None:
    told("config", "--rollback-targets", 5, "--reason", "a big disk")
    answer = told("config", "--standby", 3, "--reason", "a big machine")
    assert [(one["reason"], one["settings"]["rollback_targets"]) for one in answer["changes"]] == [
        ("a big disk", 5),
        ("a big machine", 5),
    ]
    assert told("config")["changes"] == answer["changes"]
    assert told("config")["settings"]["standby"] == 3


def test_servers_are_named_once_and_taken_away_by_an_empty_text(told: Run) -> None:
    answer = told(
        "config", "--servers", "http://a:8501,http://b:8501,http://a:8501", "--reason", "two replicas"
    )
    assert answer["settings"]["servers"] == ["http://a:8501", "http://b:8501"]
    assert told("config", "--servers", "", "--reason", "none")["settings"]["servers"] == []


def test_a_serving_root_is_taken_away_by_an_empty_text(told: Run) -> None:
    answer = told("config", "--serving-root", "/models", "--reason", "a container")
    assert answer["settings"]["serving_root"] == "/models"
    assert (
        told("config", "--serving-root", "", "--reason", "no container")["settings"]["serving_root"] is None
    )


def test_labels_are_written_to_models_config(told: Run, root: Path, three: list[str]) -> None:
    assert not (root / "models.config").exists()
    answer = told("config", "--serving-policy", "labels", "--reason", "canaries")
    assert answer["settings"]["serving_policy"] == "labels"
    assert list(answer["files"]) == ["penguin"]
    text = (root / "models.config").read_text()
    assert 'name: "penguin"' in text
    assert "specific" in text


def test_back_under_latest_what_is_stable_gets_the_highest_number(
    told: Run, model: Model, three: list[str]
) -> None:
    told("config", "--serving-policy", "labels", "--reason", "canaries")
    told("rollback", "penguin", "--reason", "accuracy fell")
    assert model.state.labels["stable"] == 2
    (moved,) = told("config", "--serving-policy", "latest", "--reason", "no canaries")["models"]
    assert (moved["model"], moved["version"], moved["release"]) == ("penguin", three[1], 4)
    event = list(model.events())[-1]
    assert (event.kind, event.reason) == ("promoted", "no canaries")
    assert sorted(int(path.name) for path in model.path.iterdir()) == [1, 2, 3, 4]


def test_a_dry_run_of_that_says_so_and_changes_nothing(told: Run, root: Path, three: list[str]) -> None:
    told("config", "--serving-policy", "labels", "--reason", "canaries")
    told("rollback", "penguin", "--reason", "accuracy fell")
    before = listing(root)
    answer = told("config", "--serving-policy", "latest", "--reason", "no canaries", "--dry-run")
    assert (answer["dry_run"], answer["settings"]["serving_policy"]) == (True, "latest")
    assert [(one["version"], one["events"]) for one in answer["models"]] == [(three[1], [])]
    assert listing(root) == before


def test_required_signatures_name_the_labels_that_have_none(
    told: Run, tmp_path: Path, three: list[str]
) -> None:
    key = make_keys(tmp_path / "keys").public
    answer = told("config", "--require-signatures", "--public-key", key, "--reason", "policy 12")
    assert answer["settings"]["require_signatures"] is True
    assert answer["unsigned"] == ["penguin@stable"]
    assert len(answer["settings"]["public_keys"]) == 1
    assert told("config", "--no-require-signatures", "--reason", "not yet")["unsigned"] == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--rollback-targets", "5"), "No reason is given"),
        (("--rollback-targets", "5", "--reason", " "), "No reason is given"),
        (("--reason", "a test"), "Nothing is to be changed"),
        (("--dry-run",), "Nothing is to be changed"),
        (("--require-signatures", "--reason", "a test"), "No signature could be good without a key"),
        (("--serving-root", "models", "--reason", "a test"), "'models' is no absolute path and no URL"),
        (("--serving-root", "/a\nb", "--reason", "a test"), "is no absolute path and no URL"),
        (("--standby", "-1", "--reason", "a test"), "-1 is not in the range"),
        (("--serving-policy", "newest", "--reason", "a test"), "'newest' is not one of"),
        (("--servers", "a:8501", "--reason", "a test"), "a:8501"),
    ],
)
def test_wrong_usage_changes_nothing(wrong: Run, arguments: tuple[str, ...], part: str) -> None:
    assert part in wrong(2, "config", *arguments)


def test_a_file_that_is_no_key_is_refused_in_one_line(wrong: Run, tmp_path: Path) -> None:
    (tmp_path / "no.pub").write_text("no key")
    for path in (tmp_path / "no.pub", tmp_path / "missing.pub"):
        line = wrong(1, "config", "--public-key", path, "--reason", "a test")
        assert str(path) in line


def test_a_private_key_is_no_public_one_and_stays_out_of_the_record(wrong: Run, tmp_path: Path) -> None:
    private = make_keys(tmp_path / "keys").private
    line = wrong(1, "config", "--public-key", private, "--reason", "a test")
    assert "BEGIN" not in line


def test_python_sees_what_the_command_set(told: Run, root: Path) -> None:
    told("config", "--rollback-targets", 7, "--reason", "a test")
    assert Registry.open(root).settings.read().rollback_targets == 7
