"""Publishing into an object store: staged, verified, committed, exposed in order; and finished after a crash."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.object_stores.conftest import tree
from tests.saved_models import change_weights
from tfx_hallmark.registry.errors import (
    DigestMismatchError,
    ForeignEntryError,
    LocalRootError,
    NotFoundError,
    StorageError,
)
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.object_stores.bucket import Bucket, connect
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import StoreUrl
from tfx_hallmark.registry.verdict import Evaluation

Make = Callable[[int], Path]
Look = Callable[[], dict[str, bytes]]
FilesOf = Callable[[int], dict[str, bytes]]


def release_of(version: str, model: Model) -> int:
    release = model.state.serving_release(model.version(version).state)
    assert release is not None
    return release


def test_a_release_holds_exactly_the_files_of_the_candidate(
    model: Model, make_candidate: Make, publish: Callable[..., str], files_of: FilesOf
) -> None:
    publish(1)
    assert files_of(1) == tree(make_candidate(1))


def test_a_release_says_which_version_it_is(model: Model, publish: Callable[..., str], look: Look) -> None:
    version = publish(1)
    identity = json.loads(look()["penguin/1/assets.extra/hallmark.json"])
    assert identity["version"] == version
    assert identity["digest"] == model.version(version).digest


def test_the_first_release_past_the_gate_serves(
    model: Model, make_candidate: Make, make_evaluation: Callable[..., Evaluation]
) -> None:
    version = model.tag(make_candidate(1)).version
    push = model.push(make_candidate(1), version, make_evaluation(0.8))
    assert push.verdict.passed
    assert push.release == 1
    assert model.stable() is not None
    assert model.version("stable").version == version


def test_a_release_is_named_by_its_url_and_has_no_path(
    model: Model, root: StoreUrl, make_candidate: Make, publish: Callable[..., str]
) -> None:
    version = publish(1)
    push = model.push_unchecked(make_candidate(1), version, reason="again")
    assert push.already
    assert push.location == f"{root}/penguin/1" == model.location_of(1)
    assert push.path is None
    assert model.location == f"{root}/penguin"
    for ask in (lambda: model.path, lambda: model.release_path(1)):
        with pytest.raises(LocalRootError) as caught:
            ask()
        assert "\n" not in str(caught.value)


def test_nothing_is_left_in_staging(publish: Callable[..., str], look: Look) -> None:
    publish(1)
    publish(2)
    assert not [key for key in look() if "/staging/" in key]


def test_the_graph_file_is_exposed_last_and_hallmarks_own_before_it(
    root: StoreUrl, publish: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    real = Bucket.copy

    def note(self: Bucket, source: str, target: str, **options: Any) -> None:
        real(self, source, target, **options)
        copied.append(target)

    monkeypatch.setattr(Bucket, "copy", note)
    publish(1)
    assert copied[-2:] == ["penguin/1/assets.extra/hallmark.json", "penguin/1/saved_model.pb"]
    assert len(copied) == len(set(copied)) > 3


def test_a_refused_candidate_leaves_no_release_and_the_verdict(
    model: Model,
    make_candidate: Make,
    publish: Callable[..., str],
    make_evaluation: Callable[..., Evaluation],
    look: Look,
) -> None:
    publish(1)
    version = model.tag(make_candidate(2)).version
    before = {key for key in look() if key.startswith("penguin/")}
    push = model.push(make_candidate(2), version, make_evaluation(0.55, baseline=model.stable(), before=0.9))
    assert not push.verdict.passed
    assert push.release is None
    assert {key for key in look() if key.startswith("penguin/")} == before
    assert [event.kind for event in model.events()][-1] == "refused"


def test_an_equal_candidate_is_refused(
    model: Model,
    make_candidate: Make,
    publish: Callable[..., str],
    make_evaluation: Callable[..., Evaluation],
) -> None:
    publish(1)
    version = model.tag(make_candidate(2)).version
    push = model.push(make_candidate(2), version, make_evaluation(0.7, baseline=model.stable(), before=0.7))
    assert not push.verdict.passed


def test_other_bytes_than_the_tagged_ones_are_not_published(
    model: Model, make_candidate: Make, refused_here: Callable[..., Any]
) -> None:
    candidate = make_candidate(1)
    version = model.tag(candidate).version
    change_weights(candidate, 9)
    with refused_here(DigestMismatchError, candidate):
        model.push_unchecked(candidate, version, reason="a test")


def test_something_else_with_a_number_holds_up_a_push(
    model: Model,
    root: StoreUrl,
    make_candidate: Make,
    publish: Callable[..., str],
    refused_here: Callable[..., Any],
) -> None:
    publish(1)
    version = model.tag(make_candidate(2)).version
    connect(root).replace("penguin/1763683200/saved_model.pb", b"another's")
    with refused_here(ForeignEntryError, "1763683200"):
        model.push_unchecked(make_candidate(2), version, reason="a test")


def test_a_push_that_died_before_its_commit_is_no_release(
    model: Model,
    root: StoreUrl,
    make_candidate: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = model.tag(make_candidate(1)).version
    real = Bucket.create

    def die(self: Bucket, key: str, data: bytes) -> bool:
        if key.endswith(f"log/{2:020}.json"):
            raise StorageError("the network is gone")
        return real(self, key, data)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "create", die)
        with pytest.raises(StorageError, match="the network is gone"):
            model.push_unchecked(make_candidate(1), version, reason="a test")
    again = Registry.open(root).model("penguin")
    assert again.stable() is None
    assert not again.state.releases
    assert again.push_unchecked(make_candidate(1), version, reason="again").release == 1


@pytest.mark.parametrize("survived", range(5))
def test_a_push_that_died_while_it_was_exposed_is_finished_by_the_next_opener(
    survived: int,
    model: Model,
    root: StoreUrl,
    make_candidate: Make,
    files_of: FilesOf,
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = model.tag(make_candidate(1)).version
    real = Bucket.copy
    left = [survived]

    def die(self: Bucket, source: str, target: str, **options: Any) -> None:
        if not left[0]:
            raise StorageError("the network is gone")
        left[0] -= 1
        real(self, source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "copy", die)
        with pytest.raises(StorageError, match="the network is gone"):
            model.push_unchecked(make_candidate(1), version, reason="a test")
        assert "penguin/1/saved_model.pb" not in look()
    again = Registry.open(root).model("penguin")
    assert release_of(version, again) == 1
    assert files_of(1) == tree(make_candidate(1))
    assert not [key for key in look() if "/staging/" in key]
    assert again.verify() == ()


def test_looking_at_a_half_exposed_release_finishes_nothing(
    model: Model, root: StoreUrl, make_candidate: Make, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = model.tag(make_candidate(1)).version

    def die(self: Bucket, source: str, target: str, **options: Any) -> None:
        raise StorageError("the network is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "copy", die)
        with pytest.raises(StorageError):
            model.push_unchecked(make_candidate(1), version, reason="a test")
    before = look()
    assert Registry.open(root).look_at("penguin").version(version).version == version
    assert look() == before


def test_a_release_is_downloaded_and_held_against_its_digest(
    model: Model, root: StoreUrl, make_candidate: Make, publish: Callable[..., str], tmp_path: Path
) -> None:
    publish(1)
    model.fetch(1, tmp_path / "there")
    files = tree(tmp_path / "there")
    files.pop("assets.extra/hallmark.json", None)
    assert files == tree(make_candidate(1))
    key = "penguin/1/variables/variables.data-00000-of-00001"
    bucket = connect(root)
    data = bucket.read(key)
    assert data is not None
    bucket.replace(key, bytes(len(data)))
    with pytest.raises(DigestMismatchError) as caught:
        model.fetch(1, tmp_path / "elsewhere")
    assert "\n" not in str(caught.value)


def test_a_release_that_there_is_not_cannot_be_downloaded(
    model: Model, publish: Callable[..., str], tmp_path: Path
) -> None:
    publish(1)
    with pytest.raises(NotFoundError):
        model.fetch(2, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_a_file_above_the_limit_of_a_copy_goes_through_the_client(
    publish: Callable[..., str], make_candidate: Make, files_of: FilesOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfx_hallmark.registry.object_stores.bucket.COPY_LIMIT", 10)
    publish(1)
    assert files_of(1) == tree(make_candidate(1))


def test_two_registries_in_one_bucket_do_not_see_each_other(
    root: StoreUrl, publish: Callable[..., str]
) -> None:
    publish(1)
    other = Registry.create(root / "inside")
    assert other.models() == []
    assert Registry.open(root).models() == ["penguin"]
