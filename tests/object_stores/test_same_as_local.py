"""What is done to versions in an object store has the outcome that it has in a directory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.object_stores.conftest import tree
from tests.signing_keys import demand_signatures, make_keys
from tfx_hallmark.registry.errors import (
    CorruptLogError,
    DigestMismatchError,
    NotFoundError,
    PromotionRefusedError,
    RollbackRefusedError,
    SignatureError,
    WithdrawalRefusedError,
)
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.object_stores.bucket import connect
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import Root, StoreUrl
from tfx_hallmark.registry.verdict import Evaluation

Make = Callable[[int], Path]
Look = Callable[[], dict[str, bytes]]
Judge = Callable[..., Evaluation]


def told(model: Model) -> list[dict[str, Any]]:
    """Gives what the events say, without what no two runs have in common."""
    import msgspec

    events = []
    for event in model.events():
        told = msgspec.to_builtins(event)
        for name in ("time", "prev", "previous"):
            told.pop(name, None)
        told["data"] = {
            name: value
            for name, value in told["data"].items()
            if name not in ("staging", "manifest", "verdict", "evidence")
        }
        events.append(told)
    return events


def story(root: Root, make: Make, judge: Judge) -> Model:
    """Pushes, a refusal, a rollback, a promotion, a quarantine, a note, a hold, a pruning."""
    model = Registry.create(root).model("penguin")
    for number, accuracy in ((1, 0.7), (2, 0.8), (3, 0.75)):
        version = model.tag(make(number), actor="a").version
        judged = judge(accuracy, baseline=model.stable(), before=0.7 if number == 2 else 0.8)
        model.push(make(number), version, judged, actor="a", reason="run")
    for number, label in ((4, "canary"), (5, "stable")):
        version = model.tag(make(number), actor="a").version
        model.push_unchecked(make(number), version, reason="by hand", actor="a", label=label)
    model.rollback(reason="worse", actor="a")
    model.promote_unchecked("canary", "stable", reason="better", actor="a")
    model.quarantine("1.0.1", reason="bad data", actor="a")
    model.annotate("stable", description="the one", notes={"ticket": "A-7"}, actor="a")
    model.hold("1.0.0", reason="audit", actor="a")
    model.unhold("1.0.0", reason="audit done", actor="a")
    model.withdraw("canary", reason="done", actor="a")
    model.prune(keep_last=1, reason="space", actor="a")
    return model


def test_the_same_operations_give_the_same_events(
    root: StoreUrl, tmp_path: Path, make_candidate: Make, make_evaluation: Judge
) -> None:
    here = story(tmp_path / "local", make_candidate, make_evaluation)
    there = story(root, make_candidate, make_evaluation)
    assert told(there) == told(here)
    assert there.state.labels == here.state.labels
    assert [version.version for version in there.versions()] == [
        version.version for version in here.versions()
    ]
    assert there.verify() == here.verify() == ()
    assert there.audit() == here.audit() == ()


def test_the_same_operations_leave_the_same_releases(
    root: StoreUrl, tmp_path: Path, make_candidate: Make, make_evaluation: Judge, look: Look
) -> None:
    here = story(tmp_path / "local", make_candidate, make_evaluation)
    story(root, make_candidate, make_evaluation)
    files = {key: data for key, data in look().items() if key.startswith("penguin/")}
    local = {f"penguin/{key}": data for key, data in tree(here.path).items()}
    added = "assets.extra/hallmark.json"  # says when
    assert files.keys() == local.keys()
    assert {key: data for key, data in files.items() if not key.endswith(added)} == {
        key: data for key, data in local.items() if not key.endswith(added)
    }


def test_the_log_read_anew_is_the_state_that_there_was(
    root: StoreUrl, make_candidate: Make, make_evaluation: Judge
) -> None:
    model = story(root, make_candidate, make_evaluation)
    assert Registry.open(root).model("penguin").state == model.state


def test_a_rollback_makes_a_new_release_of_the_same_bytes(
    model: Model, three: list[str], files_of: Callable[[int], dict[str, bytes]]
) -> None:
    operation = model.rollback(reason="worse")
    assert operation.kind == "rolled_back"
    assert model.stable() is not None
    assert model.version("stable").version == three[1]
    assert files_of(4) == files_of(2)
    assert files_of(3) != files_of(2)


def test_a_rollback_without_a_target_is_refused(
    model: Model, publish: Callable[..., str], refused_here: Callable[..., Any]
) -> None:
    publish(1)
    with refused_here(RollbackRefusedError, "penguin"):
        model.rollback(reason="worse")


def test_a_rollback_to_changed_bytes_is_refused(
    model: Model, root: StoreUrl, three: list[str], refused_here: Callable[..., Any]
) -> None:
    key = "penguin/2/variables/variables.data-00000-of-00001"
    bucket = connect(root)
    data = bucket.read(key)
    assert data is not None
    bucket.replace(key, bytes([data[0] ^ 1]) + data[1:])
    with refused_here(DigestMismatchError, three[1]):
        Registry.open(root).model("penguin").rollback(to=three[1], reason="worse")


def test_a_rollback_to_deleted_files_is_refused(
    model: Model, root: StoreUrl, three: list[str], look: Look, refused_here: Callable[..., Any]
) -> None:
    connect(root).delete([key for key in look() if key.startswith("penguin/2/")])
    with refused_here(NotFoundError, three[1]):
        model.rollback(to=three[1], reason="worse")


def test_a_promotion_needs_that_it_beat_what_is_stable(
    model: Model, three: list[str], publish: Callable[..., str], refused_here: Callable[..., Any]
) -> None:
    version = publish(4, label="canary")
    with refused_here(PromotionRefusedError, version):
        model.promote(version, "stable", reason="better")


def test_a_label_moves_without_a_new_release(model: Model, three: list[str], look: Look) -> None:
    before = {key for key in look() if key.startswith("penguin/")}
    model.promote(three[0], "previous", reason="for comparison")
    assert model.version("previous").version == three[0]
    assert {key for key in look() if key.startswith("penguin/")} == before


def test_a_quarantined_version_serves_no_more_and_never_again(
    model: Model, three: list[str], refused_here: Callable[..., Any]
) -> None:
    model.quarantine(three[2], reason="bad data")
    assert model.version("stable").version == three[1]
    with refused_here(PromotionRefusedError, three[2]):
        model.promote_unchecked(three[2], "stable", reason="anyway")
    with refused_here(RollbackRefusedError, three[2]):
        model.rollback(to=three[2], reason="anyway")
    model.unquarantine(three[2], reason="it was the data's fault")
    assert model.version(three[2]).state.quarantined is None


def test_stable_cannot_be_taken_off(model: Model, three: list[str], refused_here: Callable[..., Any]) -> None:
    with refused_here(WithdrawalRefusedError, "stable"):
        model.withdraw("stable", reason="a test")


def test_a_pruning_deletes_what_is_old_and_never_what_serves(
    model: Model, publish: Callable[..., str], look: Look
) -> None:
    versions = [publish(number) for number in range(1, 7)]
    model.prune(keep_last=1, reason="space")
    left = {int(key.split("/")[1]) for key in look() if key.startswith("penguin/")}
    assert 6 in left
    assert 1 not in left
    assert model.version("stable").version == versions[-1]
    assert model.version(versions[0]).state.pruned
    assert model.verify() == ()
    model.rollback(reason="what is left can be gone back to")


def test_a_held_version_is_not_pruned(model: Model, publish: Callable[..., str], look: Look) -> None:
    versions = [publish(number) for number in range(1, 7)]
    model.hold(versions[0], reason="audit")
    model.prune(keep_last=1, reason="space")
    assert "penguin/1/saved_model.pb" in look()


@pytest.mark.parametrize(
    "damage", ["another byte", "a longer file", "a file more", "a file less", "no file at all"]
)
def test_verify_finds_what_was_done_to_a_release(
    damage: str, model: Model, root: StoreUrl, three: list[str], look: Look
) -> None:
    bucket = connect(root)
    key = "penguin/2/variables/variables.data-00000-of-00001"
    data = bucket.read(key)
    assert data is not None
    assert model.verify() == ()
    if damage == "another byte":
        bucket.replace(key, data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "a longer file":
        bucket.replace(key, data + b"\0")
    elif damage == "a file more":
        bucket.replace("penguin/2/assets/more.txt", b"more")
    elif damage == "a file less":
        bucket.delete([key])
    else:
        bucket.delete([key for key in look() if key.startswith("penguin/2/")])
    found = model.verify()
    assert found
    assert all("\n" not in str(finding) for finding in found)
    assert not model.verify("3")


def test_an_event_that_was_edited_is_found(model: Model, root: StoreUrl, three: list[str]) -> None:
    bucket = connect(root)
    key = f".hallmark/penguin/log/{2:020}.json"
    data = bucket.read(key)
    assert data is not None
    bucket.replace(key, data.replace(b"a test", b"a lie!"))

    with pytest.raises(CorruptLogError):
        list(Registry.open(root).look_at("penguin").events())


def test_only_signed_versions_serve_where_that_is_demanded(
    model: Model,
    root: StoreUrl,
    three: list[str],
    make_candidate: Make,
    tmp_path: Path,
    refused_here: Callable[..., Any],
) -> None:
    keys = make_keys(tmp_path / "keys")
    demand_signatures(root, keys)
    version = model.tag(make_candidate(4)).version
    with refused_here(SignatureError, version):
        model.push_unchecked(make_candidate(4), version, reason="a test")
    model.push_unchecked(make_candidate(4), version, reason="a test", signing_key=keys.private)
    assert model.version("stable").version == version
    model.sign(three[0], keys.private)
    model.rollback(reason="worse")
    assert model.version("stable").version == three[0]


def test_what_serves_is_named_by_its_url_in_the_configuration(
    model: Model, root: StoreUrl, three: list[str], look: Look
) -> None:
    import msgspec

    Registry.open(root).settings.change(
        lambda settings: msgspec.structs.replace(settings, serving_policy="labels"),
        actor="a test",
        reason="a test",
    )
    model.rollback(reason="worse")
    written = look()["models.config"].decode()
    assert f"{root}/penguin" in written
    assert "versions: 2" in written
    assert "penguin/4/saved_model.pb" not in look()
