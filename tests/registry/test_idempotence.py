"""I7: doing it again changes nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing, outside_stamps
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry import numbering
from tfx_hallmark.registry.errors import ConfigError, VersionExistsError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]


def test_i7_the_same_push_again_changes_nothing(
    root: Path, model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    version = model.tag(make_candidate(1)).version
    first = model.push(make_candidate(1), version, make_evaluation(0.6))
    before = listing(root)
    for handle in (model, Registry.open(root).model("penguin")):
        again = handle.push(make_candidate(1), version, make_evaluation(0.6))
        assert (again.release, again.path, again.already) == (first.release, first.path, True)
        assert again.verdict == first.verdict
        assert listing(root) == before


def test_i7_a_retry_after_another_was_published_still_finds_its_release(
    model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    versions = [model.tag(make_candidate(number)).version for number in (1, 2)]
    model.push(make_candidate(1), versions[0], make_evaluation(0.6))
    model.push(make_candidate(2), versions[1], make_evaluation(0.9, baseline=model.stable()))
    again = model.push(make_candidate(1), versions[0], make_evaluation(0.6))
    assert (again.release, again.already) == (1, True)
    assert model.version("stable").version == versions[1]
    assert model.version(versions[0]).state.status == "published"


def test_i7_the_same_refusal_again_is_one_event(
    root: Path, model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    versions = [model.tag(make_candidate(number)).version for number in (1, 2)]
    model.push(make_candidate(1), versions[0], make_evaluation(0.6))
    poor = make_evaluation(0.55, baseline=model.stable())
    model.push(make_candidate(2), versions[1], poor)
    before = listing(root)
    again = model.push(make_candidate(2), versions[1], poor)
    assert again.release is None
    assert listing(root) == before
    model.push(make_candidate(2), versions[1], make_evaluation(0.56, baseline=model.stable()))
    assert [event.kind for event in model.events()].count("refused") == 2


def test_i7_the_same_content_is_one_version_wherever_it_lies(
    root: Path, model: Model, make_candidate: Make, tmp_path: Path
) -> None:
    first = model.tag(make_candidate(1))
    before = listing(root)
    copied = change_weights(copy_saved_model("linear", tmp_path / "other"), 1)
    assert model.tag(copied).version == model.tag(make_candidate(1)).version == first.version
    assert listing(root) == before


def test_i7_a_release_is_the_same_content_as_its_candidate(
    root: Path, model: Model, make_candidate: Make
) -> None:
    version = model.tag(make_candidate(1)).version
    push = model.push_unchecked(make_candidate(1), version, reason="a test")
    before = listing(root)
    assert model.tag(push.path).version == version
    assert model.push_unchecked(push.path, version, reason="a test").already
    assert listing(root) == before


def test_i7_a_deleted_release_is_restored_by_the_next_push(
    root: Path, model: Model, make_candidate: Make, make_evaluation: Any
) -> None:
    version = model.tag(make_candidate(1)).version
    push = model.push(make_candidate(1), version, make_evaluation(0.6))
    before = outside_stamps(root)
    for path in [push.path, *push.path.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(push.path)
    again = model.push(make_candidate(1), version, make_evaluation(0.6))
    assert (again.release, again.already) == (1, True)
    assert outside_stamps(root) == before
    assert digest_tree(push.path).digest == model.version(version).digest


def test_i7_provenance_is_collected_once(model: Model, make_candidate: Make) -> None:
    def expensive() -> Any:
        raise AssertionError("collected for content that is known")

    model.tag(make_candidate(1))
    assert model.tag(make_candidate(1), provenance=expensive).version == "1.0.0"


def test_i2_an_explicit_version_is_used_once(
    root: Path, model: Model, make_candidate: Make, refused: Any
) -> None:
    assert model.tag(make_candidate(1), number=numbering.Exactly("3.0.0")).version == "3.0.0"
    with refused(VersionExistsError, "penguin 3.0.0", "choose an unused version"):
        model.tag(make_candidate(2), number=numbering.Exactly("3.0.0"))
    chosen = model.tag(make_candidate(2), number=numbering.AtLevel("minor"))
    assert (chosen.version, chosen.state.bump) == ("3.1.0", "minor")
    assert "inferred: patch" in chosen.manifest.reasons[0]
    assert [event.data.override for event in model.events()] == [True, True]


def test_the_next_version_follows_what_is_stable_and_skips_what_is_used(
    model: Model, make_candidate: Make
) -> None:
    versions = [model.tag(make_candidate(1)).version]
    model.push_unchecked(make_candidate(1), versions[0], reason="a test")
    versions += [model.tag(make_candidate(number)).version for number in (2, 3)]
    assert versions == ["1.0.0", "1.0.1", "1.0.2"]
    assert [v.manifest.compared_with for v in model.versions()] == [None, "1.0.0", "1.0.0"]


@pytest.mark.parametrize("template", ["{model}_{nobody}", "{version", "{0}", "{date:%}{model.x}"])
def test_a_template_that_cannot_be_used_is_named_with_its_fields(
    template: str, model: Model, make_candidate: Make, refused: Any
) -> None:
    with refused(ConfigError, repr(template), "{model}, {version} and {date:%Y_%m_%d}"):
        model.tag(make_candidate(1), template=template)


def test_the_tag_is_made_from_the_template(model: Model, make_candidate: Make) -> None:
    version = model.tag(make_candidate(1), template="{model}/{version}")
    assert version.state.tag == version.manifest.tag == "penguin/1.0.0"
