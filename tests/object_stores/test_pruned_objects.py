"""What a pruning deletes in an object store, where a release is many objects and not one directory."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tfx_hallmark.registry.errors import ForeignEntryError, StorageError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.object_stores.bucket import Bucket, connect
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import StoreUrl

Look = Callable[[], dict[str, bytes]]


def test_what_lies_under_the_number_of_a_release_that_goes_and_is_not_that_release_stays(
    root: StoreUrl, model: Model, publish: Callable[..., str], look: Look, refused_here: Callable[..., Any]
) -> None:
    versions = [publish(number) for number in range(1, 7)]
    bucket = connect(root)
    bucket.delete([key for key in look() if key.startswith("penguin/1/")])
    bucket.replace("penguin/1/notes.txt", b"a week's work")
    with refused_here(ForeignEntryError, "penguin/1 ", versions[0], "move it out"):
        model.prune(keep_last=1, reason="space")
    with refused_here(ForeignEntryError, "penguin/1 "):
        model.dry_run.prune(keep_last=1)
    bucket.delete(["penguin/1/notes.txt"])
    model.prune(keep_last=1, reason="space")
    assert not any(key.startswith("penguin/2/") for key in look())


@pytest.mark.parametrize("requests", [0, 1, 2])
def test_a_pruning_that_was_cut_off_half_way_through_a_release_is_finished(
    root: StoreUrl,
    model: Model,
    publish: Callable[..., str],
    look: Look,
    monkeypatch: pytest.MonkeyPatch,
    requests: int,
) -> None:
    for number in range(1, 5):
        publish(number)
    delete, left = Bucket.delete, iter(range(requests))

    def cut_off(bucket: Bucket, keys: Iterable[str]) -> None:
        if next(left, None) is None:
            msg = "the network is gone"
            raise StorageError(msg)
        delete(bucket, keys)

    with monkeypatch.context() as cut:
        cut.setattr(Bucket, "delete", cut_off)
        with pytest.raises(StorageError, match="the network is gone"):
            model.prune(keep_last=0, reason="space")
    assert any(key.startswith("penguin/1/") for key in look())
    Registry.open(root).model("penguin")
    assert not any(key.startswith("penguin/1/") for key in look())
    assert Registry.open(root).model("penguin").verify() == ()
