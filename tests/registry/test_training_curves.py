"""The curve of a training as part of what is on record of a version."""

from collections.abc import Callable
from pathlib import Path

from tests.registry.training_curves import RUNS, curve_of, tag_with
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]


def test_a_curve_comes_back_as_it_was_stored(model: Model, make_candidate: Make) -> None:
    stored = curve_of(0.5, 0.25, 0.375)
    tag_with(model, make_candidate(1), stored)
    found = model.version("1.0.0").training_curve
    assert found == stored
    assert found is not None
    assert found.runs == RUNS
    assert tag_with(model, make_candidate(2), None).training_curve is None


def test_how_a_training_went_bears_on_no_identity(model: Model, make_candidate: Make, tmp_path: Path) -> None:
    plain = Registry.create(tmp_path / "plain").model("penguin")
    for number, curve in enumerate(
        (curve_of(0.5), curve_of(0.75, 0.5), None, curve_of(0.5, runs={})), start=1
    ):
        told, untold = (
            tag_with(one, make_candidate(number), known).manifest
            for one, known in ((model, curve), (plain, None))
        )
        for attribute in ("version", "digest", "bump", "reasons", "compared_with", "size"):
            assert getattr(told, attribute) == getattr(untold, attribute)


def test_content_that_is_tagged_keeps_its_first_curve(model: Model, make_candidate: Make) -> None:
    tag_with(model, make_candidate(1), curve_of(0.5))
    assert tag_with(model, make_candidate(1), curve_of(0.25)).training_curve == curve_of(0.5)


def test_an_archive_carries_the_curve_and_pruning_keeps_it(
    model: Model, make_candidate: Make, tmp_path: Path
) -> None:
    versions = []
    for number in (1, 2, 3, 4):
        version = tag_with(model, make_candidate(number), curve_of(0.5, 0.5 / number))
        model.push_unchecked(make_candidate(number), version.version, reason="a test")
        versions.append(version.version)
    for name, which in (("one", versions[0]), ("whole", None)):
        archive, other = tmp_path / f"{name}.hallmark", Registry.create(tmp_path / name)
        model.export(archive, which)
        other.import_archive(archive, label="stable" if which else None, reason="a test")
        arrived = other.model("penguin")
        assert arrived.version(versions[0]).training_curve == curve_of(0.5, 0.5)
        assert arrived.audit() == ()
    model.prune(keep_last=1, reason="a test")
    assert model.version(versions[0]).state.pruned
    assert model.version(versions[0]).training_curve == curve_of(0.5, 0.5)
