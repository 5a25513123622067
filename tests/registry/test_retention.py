"""What retention lets go and what it keeps (I10): decided on states that real operations have made."""

import datetime
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.log import as_utc, utc_now
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.retention.retention import PrunePlan, RetentionRule, plan_prune

Publish = Callable[..., str]


def reasons(plan: PrunePlan) -> dict[str, str]:
    """Gives why each version stays that does."""
    return {kept.version: "; ".join(kept.reasons) for kept in plan.kept}


def gone(plan: PrunePlan) -> list[str]:
    """Gives the versions of which nothing is left."""
    return [deletion.version for deletion in plan.deletions if deletion.last]


def after_days(model: Model, days: float, **rule: Any) -> PrunePlan:
    """Plans so many days from now."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return plan_prune(
        model.state,
        model.settings,
        RetentionRule(**rule),
        present=set(model.state.releases),
        now=as_utc(now),
    )


@pytest.mark.parametrize("rule", [{}, {"quarantined_too": True}])
def test_a_rule_without_a_limit_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="nothing says what to keep"):
        RetentionRule(**rule)


@pytest.mark.parametrize("limit", [-1, math.nan, math.inf])
def test_a_limit_that_is_no_number_from_0_on_is_refused(limit: float) -> None:
    for rule in ({"keep_days": limit}, {"keep_last": limit}):
        with pytest.raises(ConfigError, match="give a number from 0 on"):
            RetentionRule(**rule)  # type: ignore[arg-type]


def test_i10_stable_and_the_next_two_rollback_targets_stay_whatever_the_limit(
    model: Model, publish: Publish
) -> None:
    versions = [publish(number) for number in range(1, 6)]
    plan = model.dry_run.prune(keep_last=0).plan
    assert gone(plan) == [versions[1], versions[0]]
    assert reasons(plan) == {
        versions[4]: "it is stable; TF Serving serves the highest number, 5",
        versions[3]: "it is rollback target 1 of 2",
        versions[2]: "it is rollback target 2 of 2",
    }
    assert {deletion.reason for deletion in plan.deletions} == {"nothing keeps it"}


@pytest.mark.parametrize("targets", [0, 1, 4])
def test_i10_as_many_rollback_targets_stay_as_the_root_says(
    root: Path, model: Model, publish: Publish, targets: int
) -> None:
    versions = [publish(number) for number in range(1, 6)]
    set_in(root, rollback_targets=targets)
    kept = [one.version for one in model.dry_run.prune(keep_last=0).plan.kept]
    assert kept == [*reversed(versions)][: targets + 1]


def test_i10_no_fewer_targets_stay_than_stand_by_in_the_servers(
    root: Path, model: Model, publish: Publish
) -> None:
    for number in range(1, 6):
        publish(number)
    set_in(root, rollback_targets=0, standby=3)
    assert len(model.dry_run.prune(keep_last=0).plan.kept) == 1  # under `latest` nothing stands by
    set_in(root, serving_policy="labels")
    assert len(model.dry_run.prune(keep_last=0).plan.kept) == 4


def test_i10_canaries_and_own_labels_stay(root: Path, model: Model, publish: Publish) -> None:
    canary, own = publish(1, label="canary"), publish(2, label="on-trial")
    nothing = publish(3, label="canary")
    model.promote(canary, "canary", reason="a test")
    publish(4)
    set_in(root, rollback_targets=0)
    plan = model.dry_run.prune(keep_last=0).plan
    assert gone(plan) == [nothing]
    assert (reasons(plan)[canary], reasons(plan)[own]) == ("it is canary", "it is on-trial")


def test_i10_a_quarantines_evidence_goes_only_if_that_is_said(
    root: Path, model: Model, three: list[str]
) -> None:
    set_in(root, rollback_targets=0)
    model.quarantine(three[0], reason="it leaks")
    plan = model.dry_run.prune(keep_last=0).plan
    assert gone(plan) == [three[1]]
    assert reasons(plan)[three[0]] == "it is in quarantine: it leaks"
    assert gone(model.dry_run.prune(keep_last=0, quarantined_too=True).plan) == [three[1], three[0]]


def test_i10_what_is_in_quarantine_takes_no_place_among_the_rollback_targets(
    model: Model, publish: Publish
) -> None:
    versions = [publish(number) for number in range(1, 6)]
    model.quarantine(versions[3], reason="it leaks")
    plan = model.dry_run.prune(keep_last=0, quarantined_too=True).plan
    assert gone(plan) == [versions[3], versions[0]]


def test_i10_what_tf_serving_serves_stays_though_it_is_in_quarantine(model: Model, publish: Publish) -> None:
    version = publish(1)
    assert model.quarantine(version, reason="it leaks").still_served == 1
    plan = model.dry_run.prune(keep_last=0, quarantined_too=True).plan
    assert not plan.deletions
    assert reasons(plan)[version] == "TF Serving serves the highest number, 1"


def test_a_hold_keeps_every_release_until_it_is_lifted(root: Path, model: Model, three: list[str]) -> None:
    set_in(root, rollback_targets=0)
    model.hold(three[0], reason="named in a report")
    plan = model.dry_run.prune(keep_last=0).plan
    assert gone(plan) == [three[1]]
    assert reasons(plan)[three[0]] == "it is held: named in a report"
    model.unhold(three[0], reason="accepted")
    assert gone(model.dry_run.prune(keep_last=0).plan) == [three[1], three[0]]


def test_the_versions_released_last_stay_by_their_newest_number(
    root: Path, model: Model, publish: Publish
) -> None:
    set_in(root, rollback_targets=0)
    versions = [publish(number) for number in range(1, 5)]
    model.rollback(to=versions[0], reason="a test")  # release 5
    plan = model.dry_run.prune(keep_last=2).plan
    assert gone(plan) == [versions[2], versions[1]]
    assert {deletion.reason for deletion in plan.deletions if deletion.last} == {
        "not among the 2 released last"
    }


def test_days_count_from_the_release_and_from_the_end_of_being_stable(
    root: Path, model: Model, three: list[str]
) -> None:
    set_in(root, rollback_targets=0)
    assert gone(after_days(model, 0.9, keep_days=1)) == []
    assert gone(after_days(model, 1.1, keep_days=1)) == [three[1], three[0]]
    assert "released or stable within 1 day" in reasons(after_days(model, 0.9, keep_days=1))[three[0]]
    # Both limits: only what is past each of them goes.
    assert gone(after_days(model, 1.1, keep_days=1, keep_last=2)) == [three[0]]
    assert gone(after_days(model, 0.9, keep_days=1, keep_last=2)) == []


def test_more_days_than_the_calendar_has_keep_everything(model: Model, three: list[str]) -> None:
    assert gone(after_days(model, 0, keep_days=1e9)) == []


def test_of_a_version_that_stays_the_older_releases_go(model: Model, three: list[str]) -> None:
    model.rollback(to=three[1], reason="a test")  # release 4 is linked with 2
    plan = model.dry_run.prune(keep_last=3).plan
    assert [(one.version, one.releases, one.last) for one in plan.deletions] == [(three[1], (2,), False)]
    assert plan.deletions[0].reason == "release 4 holds the same files"
    assert not after_days(model, 0.5, keep_last=3, keep_days=1).deletions  # still too young


def test_an_older_release_with_a_label_stays(model: Model, three: list[str]) -> None:
    model.promote(three[1], "canary", reason="a test")
    model.rollback(to=three[1], reason="a test")
    assert model.state.labels == {"stable": 4, "canary": 2}
    assert not model.dry_run.prune(keep_last=3).plan.deletions


def test_what_is_not_in_the_base_path_is_left_alone_and_is_no_target(model: Model, publish: Publish) -> None:
    versions = [publish(number) for number in range(1, 6)]
    plan = plan_prune(
        model.state, model.settings, RetentionRule(keep_last=0), present={1, 2, 3, 5}, now=utc_now()
    )
    assert reasons(plan)[versions[3]] == "not in the base path: 4"
    assert gone(plan) == [versions[0]]  # so 3 and 2 are the two targets


def test_what_the_config_file_lists_stays(model: Model, publish: Publish) -> None:
    versions = [publish(number) for number in range(1, 5)]
    plan = plan_prune(
        model.state,
        model.settings,
        RetentionRule(keep_last=0),
        present={1, 2, 3, 4},
        listed={1},
        now=utc_now(),
    )
    assert not plan.deletions
    assert reasons(plan)[versions[0]] == "models.config lists it, as 1"
