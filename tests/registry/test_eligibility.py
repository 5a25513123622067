"""Which versions a rollback may choose, in which order, and what is said of the others."""

from collections.abc import Callable
from pathlib import Path

from tests.registry.root_settings import set_in
from tfx_hallmark.registry.eligibility import (
    number_to_serve,
    objection_to_rollback,
    objection_to_serving,
    previous_good,
    rollback_targets,
    served_release,
)
from tfx_hallmark.registry.model import Model

Publish = Callable[..., str]


def targets(model: Model) -> list[str]:
    return [version.version for version in rollback_targets(model.state)]


def test_targets_are_what_was_stable_newest_first(model: Model, publish: Publish) -> None:
    assert targets(model) == []
    versions = [publish(number) for number in range(1, 5)]
    assert targets(model) == [versions[2], versions[1], versions[0]]


def test_two_rollbacks_go_back_two_versions_and_never_forth(model: Model, publish: Publish) -> None:
    versions = [publish(number) for number in range(1, 5)]
    for expected in (versions[2], versions[1], versions[0]):
        good = previous_good(model.state)
        assert good is not None
        assert good.version == expected
        assert model.rollback(reason="a test").version == expected
    assert previous_good(model.state) is None


def test_what_was_rolled_back_from_is_a_target_again_once_it_was_rolled_back_to(
    model: Model, three: list[str]
) -> None:
    model.rollback(reason="a test")
    assert targets(model) == [three[0]]
    model.rollback(to=three[2], reason="it was good after all")
    assert targets(model)[:1] != [three[2]]
    model.rollback(to=three[0], reason="a test")
    assert three[0] not in targets(model)


def test_the_successive_targets_are_what_successive_rollbacks_choose(model: Model, publish: Publish) -> None:
    versions = [publish(number) for number in range(1, 6)]
    model.rollback(reason="a test")
    model.promote_unchecked(versions[4], "stable", reason="a test")
    model.quarantine(versions[2], reason="a test")
    expected = targets(model)
    assert expected == [versions[3], versions[1], versions[0]]
    for version in expected:
        assert model.rollback(reason="a test").version == version
    assert targets(model) == []


def test_each_target_comes_once_where_it_is_chosen_first(model: Model, three: list[str]) -> None:
    model.promote_unchecked(three[0], "stable", reason="a test")
    model.promote_unchecked(three[1], "stable", reason="a test")
    assert targets(model) == [three[0], three[2], three[1]][:2]  # 1.0.1 itself is stable
    chosen = [model.rollback(reason="a test").version for _ in range(4)]
    assert chosen == [three[0], three[2], three[1], three[0]]


def test_i9_a_version_in_quarantine_is_no_target_until_it_is_lifted(model: Model, three: list[str]) -> None:
    model.quarantine(three[1], reason="it leaks")
    assert targets(model) == [three[0]]
    model.unquarantine(three[1], reason="it does not")
    assert targets(model) == [three[1], three[0]]


def test_what_was_only_a_canary_is_no_target(model: Model, publish: Publish) -> None:
    first = publish(1)
    canary = publish(2, label="canary")
    publish(3)
    assert targets(model) == [first]
    objection = objection_to_rollback(model.state, model.state.versions[canary])
    assert objection is not None
    assert "was never stable" in objection
    assert f"hallmark promote penguin@{canary} --to stable" in objection


def test_a_demand_of_the_root_is_asked_last_and_skips_what_does_not_meet_it(
    model: Model, three: list[str]
) -> None:
    def demands(version: object) -> str | None:
        return "it is not signed" if getattr(version, "version", None) == three[1] else None

    assert [version.version for version in rollback_targets(model.state, demands)] == [three[0]]
    assert objection_to_serving(model.state, model.state.versions[three[1]], demands) == "it is not signed"
    model.quarantine(three[1], reason="it leaks")
    said = objection_to_serving(model.state, model.state.versions[three[1]], demands)
    assert said == "it is in quarantine (it leaks); choose another version"


def test_each_version_that_may_not_serve_is_told_why(
    root: Path, model: Model, three: list[str], make_candidate: Callable[[int], Path]
) -> None:
    set_in(root, rollback_targets=0)
    tagged = model.tag(make_candidate(9)).version
    model.quarantine(three[0], reason="it leaks")
    model.prune(keep_last=0, reason="a test")
    for version, part in (
        (tagged, "it is only tagged"),
        (three[0], "in quarantine (it leaks)"),
        (three[1], "were deleted; push its model again"),
    ):
        assert part in (objection_to_serving(model.state, model.state.versions[version]) or "")
    stable = objection_to_rollback(model.state, model.state.versions[three[2]])
    assert stable == "it is stable already, as release 3"
    assert objection_to_serving(model.state, model.state.versions[three[2]]) is None


def test_under_latest_the_highest_number_serves_and_under_labels_the_label(
    model: Model, publish: Publish
) -> None:
    publish(1)
    publish(2, label="canary")
    assert served_release(model.state, "latest") == 2
    assert served_release(model.state, "labels") == 1
    assert number_to_serve(model.state, 1, "latest") == 3
    assert number_to_serve(model.state, 2, "latest") == 2
    assert number_to_serve(model.state, 1, "labels") == 1
