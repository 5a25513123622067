"""Rollback, promotion and quarantine under the serving policy `labels`: the label alone moves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.conftest import listing
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import ConfigError, StorageError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.serving.policy_change import change_settings, rehearse_change

Publish = Callable[..., str]


@pytest.fixture(autouse=True)
def labels(root: Path) -> None:
    """The root has the policy `labels`."""
    set_in(root, serving_policy="labels")


def settle(model: Model) -> None:
    """Takes every step, as if each server loaded at once what the file lists."""
    while model.serving.plan().steps:
        model.serving.apply()
    model.serving.apply()


def under(policy: str) -> Callable[[Any], Any]:
    return lambda settings: msgspec.structs.replace(settings, serving_policy=policy)


def test_a_rollback_moves_the_label_and_makes_no_release(model: Model, three: list[str]) -> None:
    settle(model)
    before = listing(model.path)
    done = model.rollback(reason="a test")
    assert (done.version, done.release, done.from_release) == (three[1], 2, 3)
    assert model.state.labels == {"stable": 2}
    assert listing(model.path) == before


def test_a_rollback_to_what_stands_by_is_one_step(model: Model, three: list[str]) -> None:
    settle(model)
    done = model.rollback(reason="a test")
    assert done.serving is not None
    assert done.serving.taken is not None
    assert done.serving.taken.moves == {"stable": 2}
    assert model.serving.plan().present.labels == {"stable": 2}  # type: ignore[union-attr]


def test_a_rollback_further_back_loads_first_and_moves_the_label_in_a_second_step(
    model: Model, three: list[str]
) -> None:
    settle(model)
    done = model.rollback(to=three[0], reason="a test")
    assert done.serving is not None
    assert done.serving.taken is not None
    assert (done.serving.taken.loads, done.serving.taken.moves) == ((1,), {})
    assert [(step.needs, step.moves) for step in done.serving.left] == [((1,), {"stable": 1})]


def test_a_canary_does_not_serve_by_default_and_stable_needs_no_higher_number(
    model: Model, publish: Publish
) -> None:
    stable, canary = publish(1), publish(2, label="canary")
    assert model.state.labels == {"stable": 1, "canary": 2}
    assert model.version("stable").version == stable
    done = model.promote_unchecked("canary", "stable", reason="a test")
    assert (done.version, done.release) == (canary, 2)
    assert sorted(path.name for path in model.path.iterdir()) == ["1", "2"]


def test_i9_a_quarantine_of_stable_moves_the_label_to_the_last_good_version(
    model: Model, three: list[str]
) -> None:
    settle(model)
    done = model.quarantine("stable", reason="it leaks")
    assert (done.successor, done.release, done.still_served) == (three[1], 2, None)
    present = model.serving.plan().present
    assert present is not None
    assert 3 not in present.versions
    assert present.labels == {"stable": 2}


def test_i9_with_the_last_good_version_the_entry_goes(model: Model, publish: Publish) -> None:
    version = publish(1)
    settle(model)
    done = model.quarantine(version, reason="it leaks")
    assert done.still_served is None
    assert model.serving.plan().present is None
    assert 'name: "penguin"' not in (model.path.parent / "models.config").read_text()


def test_a_file_that_cannot_be_read_stops_every_operation_before_it_begins(
    root: Path, model: Model, three: list[str], make_candidate: Callable[[int], Path], refused: Any
) -> None:
    tagged = model.tag(make_candidate(9)).version
    (root / "models.config").write_text("model_config_list {")
    for operate in (
        lambda: model.rollback(reason="a test"),
        lambda: model.promote(three[0], "canary", reason="a test"),
        lambda: model.quarantine("stable", reason="a test"),
        lambda: model.push_unchecked(make_candidate(9), tagged, reason="a test"),
    ):
        with refused(ConfigError, root / "models.config", "correct it by hand"):
            operate()


def test_what_could_not_be_written_is_said_and_whoever_opens_the_model_next_writes_it(
    root: Path, model: Model, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(model)
    before = (root / "models.config").read_text()

    def full(*_: object) -> None:
        raise StorageError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(type(model.serving.file), "rewrite", full)
        with pytest.raises(StorageError, match=r"is on record, but .* does not follow it yet: no space left"):
            model.rollback(reason="a test")
    assert model.state.labels == {"stable": 2}
    assert (root / "models.config").read_text() == before
    opened = Registry.open(root).model("penguin")
    assert opened.serving.plan().present.labels == {"stable": 2}  # type: ignore[union-attr]


def test_a_change_to_latest_gives_what_is_stable_the_highest_number(
    root: Path, model: Model, three: list[str]
) -> None:
    settle(model)
    model.rollback(reason="a test")
    text = (root / "models.config").read_text()
    before = listing(root)
    planned = rehearse_change(Registry.open(root), under("latest"))
    assert [(one.version, one.release) for one in planned.promotions] == [(three[1], 4)]
    assert listing(root) == before
    done = change_settings(Registry.open(root), under("latest"), actor="ann", reason="no more canaries")
    assert [(one.version, one.release, one.event.actor, one.event.reason) for one in done.promoted] == [
        (three[1], 4, "ann", "no more canaries")
    ]
    assert model.state.labels["stable"] == model.state.highest_release == 4
    assert (root / "models.config").read_text() == text


def test_a_change_to_labels_writes_the_file_even_without_a_model(tmp_path: Path) -> None:
    registry = Registry.create(tmp_path / "empty")
    done = change_settings(registry, under("labels"), actor="ann", reason="canaries")
    assert done.settings.serving_policy == "labels"
    assert (tmp_path / "empty/models.config").read_text() == "model_config_list {\n}\n"


def test_under_latest_the_file_is_never_written(
    tmp_path: Path, make_candidate: Callable[[int], Path]
) -> None:
    registry = Registry.create(tmp_path / "other")
    model = registry.model("penguin")
    for number in (1, 2):
        version = model.tag(make_candidate(number)).version
        assert model.push_unchecked(make_candidate(number), version, reason="a test").serving is None
    assert model.rollback(reason="a test").serving is None
    assert not (tmp_path / "other/models.config").exists()
