"""What each operation says of each kind of signature where signatures are demanded: the table of docs/signing.md."""

import base64
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import outside_stamps
from tests.signing_keys import KeyPair, demand_signatures, make_keys
from tfx_hallmark.registry.errors import (
    DigestMismatchError,
    HallmarkError,
    NotFoundError,
    PromotionRefusedError,
    RollbackRefusedError,
    SignatureError,
    SigningKeyError,
)
from tfx_hallmark.registry.events import Signed
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.signatures import load_public_key
from tfx_hallmark.registry.verdict import Evaluation

Make = Callable[[int], Path]
Operate = Callable[[Model, list[str]], object]
OPERATIONS: dict[str, Operate] = {
    "rollback": lambda model, _: model.rollback(reason="a test"),
    "rollback --to": lambda model, three: model.rollback(to=three[1], reason="a test"),
    "promote": lambda model, three: model.promote(three[1], "canary", reason="a test"),
    "promote --force": lambda model, three: model.promote_unchecked(three[1], "stable", reason="a test"),
    "quarantine": lambda model, three: model.quarantine(three[2], reason="a test"),
    "rollback --dry-run": lambda model, _: model.dry_run.rollback(),
    "promote --dry-run": lambda model, three: model.dry_run.promote(three[1], "canary"),
    "quarantine --dry-run": lambda model, three: model.dry_run.quarantine(three[2]),
}


@pytest.fixture
def keys(model: Model, three: list[str], root: Path, tmp_path: Path) -> KeyPair:
    """The keys that the registry demands signatures of; the first version and the last, which is stable, have one."""
    pair = make_keys(tmp_path / "keys")
    demand_signatures(root, pair)
    for version in (three[0], three[2]):
        model.sign(version, pair.private)
    return pair


def bear(model: Model, version: str, bundle: dict[str, Any], key: str) -> None:
    """Records a signature as somebody would who may write to the log."""
    signature = model._ledger.objects.put(bundle)
    model._ledger.commit(lambda _: Signed(version=version, signature=signature, key=key), actor="a test")


def spoil(kind: str, model: Model, three: list[str], keys: KeyPair, tmp_path: Path) -> None:
    """Gives the second version a signature that is not good."""
    if kind == "of an unknown key":
        model.sign(three[1], make_keys(tmp_path / "others").private)
        return
    model.sign(three[1], keys.private)
    good = model.version(three[1]).signature
    other = model.version(three[0])
    assert good is not None
    assert other.signature is not None
    if kind == "of another version":
        bear(model, three[1], other.signature, other.signed_by or "")
    elif kind == "of another statement":
        forged = copy.deepcopy(good)
        payload = base64.b64decode(forged["dsseEnvelope"]["payload"])
        forged["dsseEnvelope"]["payload"] = base64.b64encode(
            payload.replace(b"saved_model", b"saved-model")
        ).decode()
        bear(model, three[1], forged, other.signed_by or "")
    elif kind == "of another's hand":
        forged = copy.deepcopy(good)
        forged["dsseEnvelope"]["signatures"] = other.signature["dsseEnvelope"]["signatures"]
        bear(model, three[1], forged, other.signed_by or "")
    else:
        bear(model, three[1], {"nothing": "of the kind"}, "")


BAD = {
    "of an unknown key": "signature-unknown-key",
    "of another version": "signature-wrong",
    "of another statement": "signature-wrong",
    "of another's hand": "signature-wrong",
    "no bundle": "signature-wrong",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_signature_that_is_not_good_stops_every_operation_and_is_found(
    kind: str, keys: KeyPair, model: Model, three: list[str], tmp_path: Path, refused: Callable[..., Any]
) -> None:
    spoil(kind, model, three, keys, tmp_path)
    for operate in OPERATIONS.values():
        with refused(SignatureError, f"penguin {three[1]} has no good signature", "sign it anew"):
            operate(model, three)
    detail = model.signatures.check(model.version(three[1]).state).detail
    assert ("of other content" in detail) is (kind == "of another version")
    assert [(one.code, three[1] in one.where) for one in model.verify()] == [(BAD[kind], True)]
    assert BAD[kind] in [one.code for one in model.audit()]
    model.sign(three[1], keys.private)
    assert model.verify() == ()
    assert model.rollback(reason="a test").version == three[1]


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("rollback --to", RollbackRefusedError),
        ("promote", PromotionRefusedError),
        ("promote --force", PromotionRefusedError),
        ("promote --dry-run", PromotionRefusedError),
    ],
)
def test_a_version_without_a_signature_is_refused_by_what_was_asked(
    operation: str,
    error: type[HallmarkError],
    keys: KeyPair,
    model: Model,
    three: list[str],
    refused: Callable[..., Any],
) -> None:
    with refused(error, three[1], f"hallmark sign penguin@{three[1]} --key FILE"):
        OPERATIONS[operation](model, three)


@pytest.mark.parametrize("operation", ["rollback", "quarantine"])
def test_a_version_without_a_signature_is_passed_over_where_none_is_named(
    operation: str, keys: KeyPair, model: Model, three: list[str]
) -> None:
    OPERATIONS[operation](model, three)
    assert model.version("stable").version == three[0]


@pytest.mark.parametrize("signed_by", ["nobody", "another key"])
def test_a_candidate_is_refused_before_a_byte_is_copied(
    signed_by: str,
    keys: KeyPair,
    model: Model,
    make_candidate: Make,
    make_evaluation: Callable[..., Evaluation],
    tmp_path: Path,
    refused: Callable[..., Any],
) -> None:
    version = model.tag(make_candidate(4)).version
    if signed_by == "another key":
        model.sign(version, make_keys(tmp_path / "others").private, candidate=make_candidate(4))
    with refused(SignatureError, version):
        model.push_unchecked(make_candidate(4), version, reason="a test")
    with refused(SignatureError, version):
        model.push(make_candidate(4), version, make_evaluation(0.9, baseline=model.stable()))


@pytest.mark.parametrize(("fault", "error"), [("lost", NotFoundError), ("changed", DigestMismatchError)])
def test_a_signature_that_cannot_be_had_is_one_line_and_a_finding_until_it_is_signed_anew(
    fault: str,
    error: type[HallmarkError],
    keys: KeyPair,
    model: Model,
    three: list[str],
    root: Path,
    refused: Callable[..., Any],
) -> None:
    model.sign(three[1], keys.private)
    signature = model.version(three[1]).state.signature
    assert signature is not None
    file = root / ".hallmark/penguin/objects" / signature.removeprefix("b3:")
    if fault == "lost":
        file.unlink()
    else:
        file.chmod(0o644)
        file.write_bytes(file.read_bytes() + b" ")
    for name in ("rollback", "rollback --to", "promote", "quarantine"):
        with refused(error, "restore it from a backup"):
            OPERATIONS[name](model, three)
    assert model.verify()
    assert model.audit()
    model.sign(three[1], keys.private)
    assert model.rollback(reason="a test").version == three[1]


def test_a_key_is_changed_without_a_moment_in_which_nothing_may_serve(
    keys: KeyPair, model: Model, three: list[str], root: Path, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    model.sign(three[1], keys.private)
    new = make_keys(tmp_path / "new")
    demand_signatures(root, keys, new)
    assert model.verify() == ()
    for version in (three[0], three[2]):
        assert not model.sign(version, new.private).already
    demand_signatures(root, new)
    assert [one.code for one in model.verify()] == ["signature-unknown-key"]
    with refused(SignatureError, three[1]):
        model.rollback(reason="a test")
    assert model.rollback(to=three[0], reason="a test").version == three[0]
    model.sign(three[1], new.private)
    assert model.verify() == ()


@pytest.mark.parametrize("what", ["missing", "a directory", "not readable as a key"])
def test_a_key_file_that_cannot_be_had_is_one_line_and_nothing_is_published(
    what: str,
    keys: KeyPair,
    model: Model,
    three: list[str],
    make_candidate: Make,
    tmp_path: Path,
    refused: Callable[..., Any],
) -> None:
    path = tmp_path / "nowhere.pem"
    if what == "a directory":
        path.mkdir()
    elif what == "not readable as a key":
        path.write_bytes(b"\xff\x00")
    version = model.tag(make_candidate(4)).version
    before = outside_stamps(model.root)  # type: ignore[arg-type]
    with refused(SigningKeyError, path):
        model.sign(three[1], path)
    with refused(SigningKeyError, path):
        model.push_unchecked(make_candidate(4), version, reason="a test", signing_key=path)
    with refused(SigningKeyError, path):
        load_public_key(path)
    assert outside_stamps(model.root) == before  # type: ignore[arg-type]
