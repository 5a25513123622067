"""Promotion, quarantine and dry runs: what moves, what the gate says, what is recorded."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.registry.adopted import adopt
from tfx_hallmark.registry.errors import (
    ConfigError,
    InvalidNameError,
    NothingToLiftError,
    PromotionRefusedError,
)
from tfx_hallmark.registry.events import Promoted, Pruned
from tfx_hallmark.registry.model import Model

Make = Callable[[int], Path]
Publish = Callable[..., str]


def test_i3_stable_is_promoted_only_to_what_beat_exactly_what_is_stable(
    model: Model,
    make_candidate: Make,
    make_evaluation: Any,
    refused: Any,
) -> None:
    versions = [model.tag(make_candidate(number)).version for number in (1, 2, 3)]
    model.push(make_candidate(1), versions[0], make_evaluation(0.6))
    for number, label in ((2, "canary"), (3, "beta")):
        evaluation = make_evaluation(0.9, baseline=model.stable())
        model.push(make_candidate(number), versions[number - 1], evaluation, label=label)
    done = model.promote("canary", "stable", reason="a week without trouble", actor="ann")
    # Release 2 is not the highest number, and TF Serving serves the highest.
    assert (done.version, done.release, done.from_version, done.from_release) == (versions[1], 4, "1.0.0", 1)
    assert isinstance(done.event.data, Promoted)
    assert done.event.data.override is None
    assert model.state.labels == {"stable": 4, "canary": 2, "beta": 3}
    assert (model.path / "4/saved_model.pb").stat().st_ino == (model.path / "2/saved_model.pb").stat().st_ino
    for attempt in (
        lambda: model.promote("beta", "stable", reason="a test"),
        lambda: model.dry_run.promote("beta", "stable"),
    ):
        with refused(
            PromotionRefusedError,
            "compared with 1.0.0, but 1.0.1 is stable now",
            "--force",
            "on record",
        ):
            attempt()


def test_what_has_the_highest_number_becomes_stable_as_it_lies(
    model: Model,
    make_candidate: Make,
    make_evaluation: Any,
) -> None:
    for number in (1, 2):
        version = model.tag(make_candidate(number)).version
        evaluation = make_evaluation(0.9, baseline=model.stable())
        model.push(make_candidate(number), version, evaluation, label="stable" if number == 1 else "canary")
    before = listing(model.path)
    assert model.promote("canary", "stable", reason="a test").release == 2
    assert listing(model.path) == before
    assert model.state.labels == {"stable": 2, "canary": 2}


def test_what_is_stable_gets_the_highest_number_again_without_asking_the_gate(
    model: Model,
    publish: Publish,
    refused: Any,
) -> None:
    stable, canary = publish(1), publish(2, label="canary")
    done = model.promote("stable", "stable", reason="the canary must not serve", actor="ann")
    assert (done.version, done.release, done.from_release) == (stable, 3, 1)
    assert model.state.labels == {"stable": 3, "canary": 2}
    with refused(PromotionRefusedError, stable, "is stable already, as release 3"):
        model.promote("stable", "stable", reason="again")
    # Of a release whose files are gone nothing is served.
    model._ledger.commit(lambda _: Pruned(version=stable, releases=(3,)), actor="a test")
    assert model.version(str(model.state.highest_release)).version == canary


def test_i3_a_version_published_past_the_gate_becomes_stable_only_by_force(
    model: Model,
    publish: Publish,
    refused: Any,
) -> None:
    first, second = publish(1), publish(2, label="canary")
    with refused(PromotionRefusedError, second, "published past the gate", "--force"):
        model.promote(second, "stable", reason="a test")
    done = model.promote_unchecked(second, "stable", reason="we know better", actor="ann")
    assert isinstance(done.event.data, Promoted)
    assert (done.event.data.override, done.event.reason) == ("we know better", "we know better")
    assert (done.from_version, model.version("stable").version) == (first, second)


def test_an_adopted_version_that_the_gate_never_saw_becomes_stable_only_by_force(
    model: Model,
    make_candidate: Make,
    refused: Any,
) -> None:
    model.path.mkdir()
    version = adopt(model, make_candidate(1), 7)
    with refused(PromotionRefusedError, version, "the gate never let it through"):
        model.promote(version, "stable", reason="a test")
    assert model.promote_unchecked(version, "stable", reason="a test").release == 7


def test_a_first_version_that_met_its_thresholds_becomes_stable_where_nothing_is(
    model: Model,
    make_candidate: Make,
    make_evaluation: Any,
) -> None:
    version = model.tag(make_candidate(1)).version
    model.push(make_candidate(1), version, make_evaluation(0.6), label="canary")
    assert model.promote("canary", "stable", reason="a test").release == 1


def test_other_labels_move_without_the_gate_and_without_a_new_number(
    model: Model,
    three: list[str],
    refused: Any,
) -> None:
    before = listing(model.path)
    done = model.promote(three[0], "canary", reason="a tenth of the traffic")
    assert (done.label, done.release, done.from_version) == ("canary", 1, None)
    done = model.promote_unchecked(three[1], "canary", reason="the other one")
    assert (done.release, done.from_version, done.from_release) == (2, three[0], 1)
    assert isinstance(done.event.data, Promoted)
    assert done.event.data.override is None
    assert listing(model.path) == before
    with refused(PromotionRefusedError, three[1], "is canary already, as release 2"):
        model.promote(three[1], "canary", reason="again")


def test_what_may_have_no_label_is_refused(
    model: Model,
    three: list[str],
    make_candidate: Make,
    refused: Any,
) -> None:
    tagged = model.tag(make_candidate(4)).version
    model.quarantine(three[0], reason="it leaks")
    for promote in (model.promote, model.promote_unchecked):
        for version, label, *parts in (
            (tagged, "canary", "it was never published, it is only tagged"),
            (three[0], "canary", "it is in quarantine (it leaks)"),
            (three[0], "stable", "it is in quarantine (it leaks)"),
            (three[2], "stable", "is stable already, as release 3"),
        ):
            with refused(PromotionRefusedError, version, *parts):
                promote(version, label, reason="a test")
        with refused(InvalidNameError, "'latest'"):
            promote(three[1], "latest", reason="a test")


def test_i9_a_quarantine_of_what_serves_lets_the_last_good_version_serve_first(
    model: Model,
    three: list[str],
) -> None:
    model.promote("stable", "canary", reason="a test")
    done = model.quarantine("stable", reason="it leaks", actor="bob")
    assert (done.kind, done.version, done.successor, done.still_served) == (
        "quarantined",
        three[2],
        three[1],
        None,
    )
    assert (done.label, done.release, done.path) == ("stable", 4, model.path / "4")
    assert [(event.kind, event.data.version, event.actor, event.reason) for event in done.events] == [
        ("rolled_back", three[1], "bob", "it leaks"),
        ("quarantined", three[2], "bob", "it leaks"),
    ]
    assert model.state.labels == {"stable": 4}


def test_i9_without_a_good_version_a_quarantine_says_what_goes_on_being_served(
    model: Model,
    publish: Publish,
) -> None:
    publish(1)
    done = model.quarantine("1.0.0", reason="it leaks")
    assert (done.successor, done.release, done.still_served) == (None, None, 1)
    assert [event.kind for event in done.events] == ["quarantined"]
    assert model.state.labels == {}
    assert (model.path / "1").is_dir()


def test_i9_a_quarantine_of_the_highest_number_gives_what_is_stable_a_higher_one(
    model: Model,
    publish: Publish,
) -> None:
    stable, canary = publish(1), publish(2, label="canary")
    done = model.quarantine(canary, reason="it leaks")
    assert (done.successor, done.release, done.still_served) == (stable, 3, None)
    assert [event.kind for event in done.events] == ["promoted", "quarantined"]
    assert model.state.labels == {"stable": 3}
    assert model.version(str(model.state.highest_release)).version == stable


def test_a_quarantine_of_what_does_not_serve_moves_nothing(model: Model, three: list[str]) -> None:
    before = listing(model.path)
    done = model.quarantine(three[0], reason="it leaks")
    assert (done.successor, done.label, done.still_served, len(done.events)) == (None, None, None, 1)
    assert listing(model.path) == before
    assert model.unquarantine(three[0], reason="it does not").kind == "unquarantined"
    assert model.version(three[0]).state.quarantined is None


@pytest.mark.parametrize("index", [0, 2])
def test_where_there_is_no_quarantine_nothing_is_lifted_and_nothing_recorded(
    model: Model, three: list[str], refused: Any, index: int
) -> None:
    version = three[index]
    model.quarantine(three[0], reason="it leaks")
    model.unquarantine(three[0], reason="it does not")
    before = listing(model.path.parent)
    for operate in (
        lambda: model.unquarantine(version, reason="a test"),
        lambda: model.dry_run.unquarantine(version),
    ):
        with refused(NothingToLiftError, f"penguin {version} is not in quarantine: there is nothing to lift"):
            operate()
    assert listing(model.path.parent) == before


def test_after_a_rollback_the_gate_compares_with_what_was_gone_back_to(
    model: Model,
    make_candidate: Make,
    make_evaluation: Any,
) -> None:
    versions = [model.tag(make_candidate(number)).version for number in (1, 2, 3)]
    model.push(make_candidate(1), versions[0], make_evaluation(0.6))
    against_first = model.stable()
    model.push(make_candidate(2), versions[1], make_evaluation(0.9, baseline=against_first))
    against_second = model.stable()
    model.rollback(reason="a test")
    late = model.push(make_candidate(3), versions[2], make_evaluation(0.95, baseline=against_second))
    assert "baseline moved from release 2 to release 3" in late.verdict.sentence
    # The same version as at the evaluation, though under another number.
    assert (
        model.push(make_candidate(3), versions[2], make_evaluation(0.95, baseline=against_first)).release == 4
    )
    assert model.push(make_candidate(2), versions[1], make_evaluation(0.9, baseline=against_first)).already


def test_i11_every_operation_needs_a_reason(model: Model, three: list[str], refused: Any) -> None:
    for operation in (
        lambda: model.rollback(reason=" "),
        lambda: model.promote(three[0], "canary", reason=""),
        lambda: model.promote_unchecked(three[0], "stable", reason=""),
        lambda: model.quarantine(three[0], reason="\n"),
        lambda: model.unquarantine(three[0], reason=""),
    ):
        with refused(ConfigError, "no reason is given"):
            operation()


def test_a_dry_run_plans_what_is_then_done_and_changes_nothing(model: Model, three: list[str]) -> None:
    before = listing(model.path.parent)
    rollback = model.dry_run.rollback()
    forced = model.dry_run.promote_unchecked(three[0], "stable", reason="a test")
    canary = model.dry_run.promote(three[0], "canary")
    quarantine = model.dry_run.quarantine("stable")
    assert listing(model.path.parent) == before
    assert (rollback.version, rollback.release) == (three[1], 4)
    assert (forced.version, forced.release) == (three[0], 4)
    assert (canary.release, canary.is_new) == (1, False)
    assert quarantine.successor == rollback
    done = model.rollback(reason="a test")
    assert (done.version, done.release) == (rollback.version, rollback.release)
