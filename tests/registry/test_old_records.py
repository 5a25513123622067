"""A registry that hallmark 0.1.0 wrote (events of schema 1, no golden predictions, no intervals) is read and goes on.

`tests/fixtures/registry_0_1_0.json` holds its records by path: 1.0.0 was stable, 1.1.0 beat it, 1.2.0 was refused,
then `stable` was rolled back to 1.0.0 as release 3. The models are those that `change_weights` still makes.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.saved_models import FIXTURES, change_weights, copy_saved_model
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

RELEASES = {1: 1, 2: 2, 3: 1}  # which model each release holds


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The root, as the older release left it."""
    root = tmp_path / "old"
    for release, number in RELEASES.items():
        change_weights(copy_saved_model("linear", root / "penguin" / str(release)), number)
    records = json.loads((FIXTURES.parent / "registry_0_1_0.json").read_text())
    for path, text in records.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture
def penguin(old: Path) -> Model:
    return Registry.open(old).model("penguin")


def test_old_events_add_up_to_the_same_state(penguin: Model) -> None:
    state = penguin.state
    assert {version.version: version.status for version in state.versions.values()} == {
        "1.0.0": "published",
        "1.1.0": "published",
        "1.2.0": "refused",
    }
    assert state.labels == {"stable": 3}
    assert {event.schema for event in penguin.events()} == {1}


def test_old_manifests_and_verdicts_are_read_and_tell_nothing_that_was_not_known(penguin: Model) -> None:
    version = penguin.version("1.1.0")
    assert isinstance(version.manifest, Manifest)
    assert (version.manifest.golden, version.golden_predictions) == (None, None)
    assert version.manifest.provenance.inputs == {}
    [reason] = version.manifest.reasons
    assert (version.manifest.bump, reason.split(" changed ")[0]) == ("minor", "optimizer")
    verdict = version.verdict
    assert [reason.code for reason in verdict.reasons] == ["better"]
    assert (verdict.allowed_breaks, verdict.replay) == ((), None)
    assert all(line.judged and line.confidence is None for line in verdict.checks)
    assert [reason.code for reason in penguin.version("1.2.0").verdict.reasons] == ["not_better"]


def test_i8_the_content_digest_of_a_model_is_what_it_was(penguin: Model, old: Path) -> None:
    for release in RELEASES:
        assert digest_tree(old / "penguin" / str(release)).digest == penguin.version(str(release)).digest


def test_old_releases_are_verified_and_looking_changes_nothing(old: Path) -> None:
    before = listing(old)
    model = Registry.open(old).look_at("penguin")
    assert model.verify() == ()
    assert listing(old) == before


def test_i7_what_was_tagged_then_is_still_the_same_version(penguin: Model, tmp_path: Path) -> None:
    again = change_weights(copy_saved_model("linear", tmp_path / "again"), 2)
    assert penguin.tag(again).version == "1.1.0"


def test_i3_an_old_version_is_a_baseline_like_any_other(
    penguin: Model, tmp_path: Path, make_evaluation: Callable[..., Any]
) -> None:
    candidate = change_weights(copy_saved_model("linear", tmp_path / "new"), 9)
    version = penguin.tag(candidate).version
    push = penguin.push(candidate, version, make_evaluation(0.9, baseline=penguin.stable()))
    assert [reason.code for reason in push.verdict.reasons] == ["better"]
    assert (push.release, penguin.state.stable_at.version) == (4, version)


def test_an_old_model_that_would_break_clients_now_is_told_from_its_manifest(
    penguin: Model, tmp_path: Path, make_evaluation: Callable[..., Any]
) -> None:
    candidate = copy_saved_model("two_signatures", tmp_path / "new")
    version = penguin.tag(candidate).version
    push = penguin.push(candidate, version, make_evaluation(0.9, baseline=penguin.stable()))
    assert version == "2.0.0"
    assert {reason.code for reason in push.verdict.reasons} == {"breaking_change"}


def test_a_rollback_within_an_old_registry_goes_on(penguin: Model) -> None:
    penguin.rollback(to="1.1.0", reason="a test")
    assert penguin.state.stable_at.version == "1.1.0"
    assert penguin.verify() == ()
