"""The weights of two trainings, held against each other to the bit."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.saved_models import copy_saved_model
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.model import Model
from tfx_hallmark.reproduction.weights import compare_weights


@pytest.fixture
def manifest(model: Model, make_candidate: Callable[[int], Path]) -> Manifest:
    return model.version(model.tag(make_candidate(1)).version).manifest


def test_the_same_weights_are_equal_to_the_bit(
    manifest: Manifest, make_candidate: Callable[[int], Path]
) -> None:
    compared = compare_weights(manifest, make_candidate(1), make_candidate(1))
    assert compared.bit_equal
    assert (compared.equal, compared.largest) == (len(manifest.variables), 0.0)


def test_without_the_recorded_files_their_digests_tell_it(
    manifest: Manifest, make_candidate: Callable[[int], Path]
) -> None:
    assert compare_weights(manifest, None, make_candidate(1)).bit_equal
    other = compare_weights(manifest, None, make_candidate(2))
    assert (other.equal, other.bit_equal) == (None, False)


def test_another_graph_file_says_nothing_of_the_weights(
    manifest: Manifest, make_candidate: Callable[[int], Path]
) -> None:
    graph = make_candidate(1) / "fingerprint.pb"
    assert graph.exists()
    graph.unlink()
    assert compare_weights(manifest, None, make_candidate(1)).bit_equal


def test_weights_that_differ_are_named_with_their_distance(
    manifest: Manifest, make_candidate: Callable[[int], Path]
) -> None:
    compared = compare_weights(manifest, make_candidate(1), make_candidate(2))
    assert not compared.bit_equal
    assert compared.differing
    assert set(compared.differing) <= set(manifest.variables)
    assert compared.equal == len(manifest.variables) - len(compared.differing)


def test_weights_of_another_form_have_no_distance(
    manifest: Manifest, make_candidate: Callable[[int], Path], tmp_path: Path
) -> None:
    other = copy_saved_model("keras", tmp_path / "keras")
    compared = compare_weights(manifest, make_candidate(1), other)
    assert (compared.bit_equal, compared.largest) == (False, None)


def test_an_asset_that_differs_is_named(model: Model, tmp_path: Path) -> None:
    mine, theirs = (copy_saved_model("vocabulary", tmp_path / name) for name in ("mine", "theirs"))
    manifest = model.version(model.tag(mine).version).manifest
    (theirs / "assets" / "vocabulary.txt").write_text("other\n")
    compared = compare_weights(manifest, mine, theirs)
    assert compared.assets == ("assets/vocabulary.txt",)
    assert not compared.bit_equal


def test_what_cannot_be_read_is_an_error(
    manifest: Manifest, make_candidate: Callable[[int], Path], tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidModelError):
        compare_weights(manifest, make_candidate(1), tmp_path / "empty")
