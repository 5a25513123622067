"""What is noted of a version without a byte being touched: notes, holds, a label taken off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import (
    ConfigError,
    HoldRefusedError,
    InvalidNameError,
    NotFoundError,
    NothingToLiftError,
    WithdrawalRefusedError,
)
from tfx_hallmark.registry.events import Held, Unheld, Withdrawn
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Publish = Callable[..., str]


def test_notes_are_added_replaced_and_removed(root: Path, model: Model, three: list[str]) -> None:
    model.annotate(three[0], description="without Biscoe", notes={"ticket": "ML-7", "doi": "10.5555/1"})
    model.annotate(three[0], notes={"ticket": "", "doi": "10.5555/2"}, reason="a mistake", actor="ann")
    version = Registry.open(root).model("penguin").version(three[0])
    assert version.state.description == "without Biscoe"
    assert version.notes == {"doi": "10.5555/2"}
    assert model.version(three[1]).notes == {}
    event = list(model.events())[-1]
    assert (event.kind, event.actor, event.reason) == ("annotated", "ann", "a mistake")


def test_a_note_from_tagging_can_be_removed(model: Model, make_candidate: Callable[[int], Path]) -> None:
    version = model.tag(make_candidate(1), notes={"team": "birds", "ticket": "ML-7"}).version
    model.annotate(version, notes={"ticket": ""})
    assert model.version(version).notes == {"team": "birds"}


def test_an_empty_description_takes_away_the_one_there_is(model: Model, three: list[str]) -> None:
    model.annotate("stable", description="the best")
    model.annotate("stable", description="")
    assert model.version(three[2]).state.description == ""


def test_what_cannot_be_noted_is_refused(model: Model, three: list[str], refused: Any) -> None:
    with refused(ConfigError, "nothing is to be noted"):
        model.annotate("stable")
    for key in ("", "  ", "a=b"):
        with refused(ConfigError, repr(key), "cannot be kept"):
            model.annotate("stable", notes={key: "x"})
    with refused(NotFoundError, "9.9.9"):
        model.annotate("9.9.9", description="x")


def test_a_hold_and_its_end_are_on_record_with_who_and_why(model: Model, three: list[str]) -> None:
    before = listing(model.path)
    held = model.hold(three[0], reason="for the regulator", actor="ann")
    assert isinstance(held.event.data, Held)
    assert (held.version, held.event.actor, held.event.reason) == (three[0], "ann", "for the regulator")
    assert model.version(three[0]).state.held == "for the regulator"
    ended = model.unhold(three[0], reason="accepted", actor="bob")
    assert isinstance(ended.event.data, Unheld)
    assert (ended.event.actor, ended.event.reason) == ("bob", "accepted")
    assert model.version(three[0]).state.held is None
    assert listing(model.path) == before


def test_where_there_is_no_hold_nothing_is_lifted_and_nothing_recorded(
    model: Model, three: list[str], refused: Any
) -> None:
    model.hold(three[0], reason="for the regulator")
    model.unhold(three[0], reason="accepted")
    seen = model.state.seq
    for version in three:
        with refused(NothingToLiftError, f"penguin {version} is not held: there is nothing to lift"):
            model.unhold(version, reason="a test")
        with refused(NothingToLiftError, f"penguin {version} is not held: there is nothing to lift"):
            model.dry_run.unhold(version)
    assert model.state.seq == seen


def test_a_hold_says_nothing_of_whether_a_version_may_serve(model: Model, three: list[str]) -> None:
    model.hold(three[1], reason="a test")
    assert model.rollback(reason="a test").version == three[1]


def test_files_that_are_gone_cannot_be_held(root: Path, model: Model, three: list[str], refused: Any) -> None:
    set_in(root, rollback_targets=0)
    model.prune(keep_last=0, reason="a test")
    with refused(HoldRefusedError, three[0], "were deleted", "push its model again"):
        model.hold(three[0], reason="too late")


def test_a_tagged_version_can_be_held_before_it_is_published(
    model: Model, make_candidate: Callable[[int], Path]
) -> None:
    version = model.tag(make_candidate(1)).version
    model.hold(version, reason="a test")
    assert model.version(version).state.held == "a test"


def test_a_hold_without_a_reason_is_refused(model: Model, three: list[str], refused: Any) -> None:
    for operate in (model.hold, model.unhold):
        with refused(ConfigError, "no reason is given"):
            operate(three[0], reason=" ")


def test_a_withdrawn_canary_stays_in_the_base_path(root: Path, model: Model, publish: Publish) -> None:
    set_in(root, serving_policy="labels")
    stable, canary = publish(1), publish(2, label="canary")
    done = model.withdraw("canary", reason="latency doubled", actor="ann")
    assert isinstance(done.event.data, Withdrawn)
    assert (done.version, done.label, done.from_release, done.still_served) == (canary, "canary", 2, None)
    assert (done.event.actor, done.event.reason) == ("ann", "latency doubled")
    assert model.state.labels == {"stable": 1}
    assert (model.path / "2/saved_model.pb").exists()
    assert model.version("stable").version == stable


def test_under_latest_a_withdrawal_says_what_goes_on_being_served(model: Model, publish: Publish) -> None:
    publish(1)
    publish(2, label="canary")
    assert model.withdraw("canary", reason="a test").still_served == 2


@pytest.mark.parametrize(
    ("label", "error", "parts"),
    [
        ("stable", WithdrawalRefusedError, ["hallmark rollback penguin", "hallmark quarantine"]),
        ("canary", NotFoundError, ["nothing of penguin is canary", "stable"]),
        ("latest", InvalidNameError, ["latest"]),
    ],
)
def test_a_label_that_cannot_be_taken_off_is_refused(
    model: Model, three: list[str], refused: Any, label: str, error: Any, parts: list[str]
) -> None:
    with refused(error, *parts):
        model.withdraw(label, reason="a test")
