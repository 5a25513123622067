"""Versions side by side."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.registry.judged_versions import judge_two, provenance
from tfx_hallmark.registry.comparison import Row, VersionComparison, compare
from tfx_hallmark.registry.errors import NotComparableError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def penguin(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Two versions: 1.0.0, published, and 1.1.0, refused."""
    return judge_two(model, make_candidate)


def rows(comparison: VersionComparison) -> dict[tuple[str, str], Row]:
    return {(section.title, row.name): row for section in comparison.sections for row in section.rows}


def test_each_row_has_one_value_per_version_and_says_whether_they_differ(penguin: Model) -> None:
    comparison = compare(penguin.versions())
    assert (comparison.model, comparison.versions) == ("penguin", ("1.0.0", "1.1.0"))
    found = rows(comparison)
    assert all(len(row.values) == 2 for row in found.values())
    assert all(row.changed == (row.values[0] != row.values[1]) for row in found.values())
    rate = found["Hyperparameters", "optimizer.schedule.rate"]
    assert (rate.values, rate.changed) == ((0.01, 0.02), True)
    assert found["Environment", "keras"].values == ("3.0", "3.1")
    assert not found["Environment", "tensorflow"].changed
    assert found["Data", "records in train"].values == (100, 100)
    assert found["Code", "uncommitted changes"].values == ("yes", "yes")
    assert found["Training", "train.num_steps"].values == (200, 200)
    assert found["Training", "seed"].values == (42, 42)
    assert found["Identity", "labels"].values == ("stable", None)
    assert found["Identity", "note ticket"].values == (None, "A-1")
    assert found["Verdict", "outcome"].values == ("published", "refused")
    assert found["Signatures", "serving_default input x"].values == ("float32 [?, 3]", "float32 [?, 3]")


def test_nested_hyperparameters_are_joined_by_dots_and_none_hides_another(penguin: Model) -> None:
    found = rows(compare(penguin.versions()))
    shown = {name: row.values[0] for (title, name), row in found.items() if title == "Hyperparameters"}
    assert shown == {
        "optimizer.name": "adam",
        "optimizer.schedule.rate": 0.01,
        '"a.b"': 1,
        "a.b": 2,
        "layers": "[16, 8]",
        "augment": "true",
        "warm_up": "null",
        "empty": "{}",
    }


def test_metrics_are_numbers_by_slice_and_one_that_was_not_computed_is_absent(penguin: Model) -> None:
    found = rows(compare(penguin.versions()))
    accuracy = found["Metrics", "accuracy overall"]
    assert (accuracy.values, accuracy.unit, accuracy.changed) == ((0.8, 0.9), "metric", True)
    assert not found["Metrics", "accuracy on island:Biscoe"].changed
    recall = found["Metrics", "recall overall"]
    assert (recall.values, recall.changed) == ((None, 0.9), True)
    assert ("Metrics", "auc overall") not in found


def test_weights_are_counted_and_named_without_the_checkpoint_suffix(penguin: Model) -> None:
    found = rows(compare(penguin.versions()))
    weights = found["Model structure", "weights"].values[0]
    assert isinstance(weights, int)
    assert weights > 0
    assert not any("VARIABLE_VALUE" in name for _, name in found)


def test_only_changed_leaves_out_what_is_equal_and_counts_it(penguin: Model) -> None:
    comparison = compare(penguin.versions())
    changed = comparison.only_changed()
    assert set(rows(changed)) == {key for key, row in rows(comparison).items() if row.changed}
    assert changed.equal == comparison.equal == len(rows(comparison)) - len(rows(changed))
    assert "Signatures" not in {section.title for section in changed.sections}
    assert all(section.rows for section in changed.sections)


def test_the_order_of_the_versions_is_kept_and_one_may_come_twice(penguin: Model) -> None:
    stable = penguin.version("stable")
    comparison = compare([penguin.version("1.1.0"), stable, stable])
    assert comparison.versions == ("1.1.0", "1.0.0", "1.0.0")
    assert rows(comparison)["Metrics", "accuracy overall"].values == (0.9, 0.8, 0.8)
    assert compare([stable, stable]).only_changed().sections == ()


def test_a_version_of_which_little_is_known_leaves_its_cells_empty(
    penguin: Model, make_candidate: Callable[[int], Path]
) -> None:
    bare = penguin.tag(make_candidate(3))
    found = rows(compare([penguin.version("1.0.0"), bare]))
    assert found["Data", "span"].values == ("7", None)
    assert found["Verdict", "outcome"].values == ("published", None)
    assert found["Metrics", "accuracy overall"].values == (0.8, None)


def test_ten_versions_are_compared(model: Model, make_candidate: Callable[[int], Path]) -> None:
    versions = [
        model.tag(make_candidate(number), provenance=lambda _: provenance(0.5)) for number in range(1, 11)
    ]
    comparison = compare(versions)
    assert len(comparison.versions) == 10
    assert not rows(comparison)["Hyperparameters", "optimizer.schedule.rate"].changed
    assert rows(comparison)["Identity", "digest"].changed


def test_fewer_than_two_versions_or_two_models_cannot_be_compared(
    penguin: Model, root: Path, make_candidate: Callable[[int], Path]
) -> None:
    stable = penguin.version("stable")
    with pytest.raises(NotComparableError, match="two or more versions, not 1"):
        compare([stable])
    seal = Registry.open(root).model("seal").tag(make_candidate(1))
    with pytest.raises(NotComparableError, match="penguin and seal are different models"):
        compare([stable, seal])


def test_a_comparison_survives_json(penguin: Model) -> None:
    comparison = compare(penguin.versions())
    assert msgspec.json.decode(msgspec.json.encode(comparison), type=VersionComparison) == comparison
