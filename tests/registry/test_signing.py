"""Signing versions: what is signed, with which keys, and what checks it; see docs/signing.md."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.signing_keys import KeyPair, demand_signatures, make_keys, write_private, write_public
from tfx_hallmark.registry.errors import DigestMismatchError, NotFoundError, SigningKeyError
from tfx_hallmark.registry.events import Signed
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.signatures import load_public_key

Make = Callable[[int], Path]


def test_a_version_is_signed_and_the_log_says_with_which_key(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    keys = make_keys(tmp_path)
    signing = model.sign(three[1], keys.private, reason="policy 12", actor="me")
    fingerprint = hashlib.sha256(keys.public.read_bytes()).hexdigest()
    assert signing.key == model.version(three[1]).signed_by == fingerprint
    event = list(model.events())[-1]
    assert (event.kind, event.actor, event.reason) == ("signed", "me", "policy 12")
    assert model.version(three[0]).signature is None


def test_a_version_that_is_signed_is_left_as_it_is(model: Model, three: list[str], tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    demand_signatures(model.root, keys, required=False)
    model.sign(three[1], keys.private)
    seen = model.state.seq
    assert model.sign(three[1], keys.private).already
    assert model.state.seq == seen
    another = make_keys(tmp_path, "another")
    assert not model.sign(three[1], another.private).already
    assert model.version(three[1]).signed_by == hashlib.sha256(another.public.read_bytes()).hexdigest()


def test_a_rehearsed_signing_changes_nothing(model: Model, three: list[str], tmp_path: Path) -> None:
    seen = model.state.seq
    signing = model.dry_run.sign(three[1], make_keys(tmp_path).private)
    assert signing.event is None
    assert model.state.seq == seen
    assert model.version(three[1]).signature is None


def test_a_signature_holds_for_every_release_of_the_version(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    keys = make_keys(tmp_path)
    model.sign(three[1], keys.private)
    demand_signatures(model.root, keys)
    assert model.rollback(reason="worse").release == 4
    assert model.signatures.check(model.version("stable").state).outcome == "good"


def test_a_release_that_was_changed_is_not_signed(
    model: Model, three: list[str], tmp_path: Path, refused: Callable[..., Any]
) -> None:
    file = model.release_path(2) / "variables" / "variables.data-00000-of-00001"
    file.chmod(0o644)
    file.write_bytes(bytes(file.stat().st_size))
    with refused(DigestMismatchError, three[1]):
        model.sign(three[1], make_keys(tmp_path).private)


def test_a_candidate_is_signed_before_it_is_published_and_no_other_in_its_place(
    model: Model, make_candidate: Make, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    keys = make_keys(tmp_path)
    version = model.tag(make_candidate(1)).version
    with refused(NotFoundError, version):
        model.sign(version, keys.private)
    with refused(DigestMismatchError, version):
        model.sign(version, keys.private, candidate=make_candidate(2))
    model.sign(version, keys.private, candidate=make_candidate(1))
    demand_signatures(model.root, keys)
    assert model.push_unchecked(make_candidate(1), version, reason="a test").release == 1


def test_an_encrypted_key_is_opened_by_the_environment(
    model: Model,
    three: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refused: Callable[..., Any],
) -> None:
    keys = make_keys(tmp_path, password=b"secret")
    monkeypatch.delenv("HALLMARK_SIGNING_KEY_PASSWORD", raising=False)
    with refused(SigningKeyError, keys.private, "HALLMARK_SIGNING_KEY_PASSWORD"):
        model.sign(three[0], keys.private)
    monkeypatch.setenv("HALLMARK_SIGNING_KEY_PASSWORD", "wrong")
    with refused(SigningKeyError, keys.private, "password"):
        model.sign(three[0], keys.private)
    monkeypatch.setenv("HALLMARK_SIGNING_KEY_PASSWORD", "secret")
    model.sign(three[0], keys.private)
    assert "secret" not in str(list(model.events())[-1])


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_keys_on_three_curves_sign(
    curve: ec.EllipticCurve, model: Model, three: list[str], tmp_path: Path
) -> None:
    key = ec.generate_private_key(curve)
    private = write_private(tmp_path / "key.pem", key)
    demand_signatures(model.root, KeyPair(private, write_public(tmp_path / "key.pub", key)))
    model.sign("stable", private)
    assert model.signatures.check(model.version("stable").state).outcome == "good"


@pytest.mark.parametrize(
    "kind", ["rsa", "ed25519", "another curve", "text", "public", "nothing", "directory"]
)
def test_what_cannot_sign_is_named_in_one_line(
    kind: str, model: Model, three: list[str], tmp_path: Path, refused: Callable[..., Any]
) -> None:
    path = tmp_path / "key.pem"
    if kind == "rsa":
        write_private(path, rsa.generate_private_key(65537, 2048))
    elif kind == "ed25519":
        write_private(path, ed25519.Ed25519PrivateKey.generate())
    elif kind == "another curve":
        write_private(path, ec.generate_private_key(ec.SECP256K1()))
    elif kind == "text":
        path.write_text("not a key")
    elif kind == "public":
        path.write_bytes(make_keys(tmp_path, "other").public.read_bytes())
    elif kind == "directory":
        path.mkdir()
    with refused(SigningKeyError, path):
        model.sign(three[0], path)


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    with pytest.raises(SigningKeyError) as caught:
        load_public_key(keys.private)
    assert "\n" not in str(caught.value)
    assert load_public_key(keys.public) == keys.public.read_text()


def test_a_signature_of_other_content_is_found(model: Model, three: list[str], tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    demand_signatures(model.root, keys)
    for version in three:
        model.sign(version, keys.private)
    assert model.verify() == ()
    moved = model.version(three[0]).state.signature
    assert moved is not None
    forged = Signed(version=three[2], signature=moved, key=model.version(three[0]).signed_by or "")
    model._ledger.commit(lambda _: forged, actor="a test")
    assert [finding.code for finding in model.verify()] == ["signature-wrong"]
    assert model.signatures.check(model.version(three[2]).state).outcome == "wrong"


def test_model_signing_checks_a_release_without_hallmark(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    keys = make_keys(tmp_path)
    model.sign(three[1], keys.private)
    bundle = tmp_path / "penguin.sig"
    bundle.write_text(json.dumps(model.version(three[1]).signature))

    def check(release: int) -> int:
        command = [sys.executable, "-m", "model_signing", "verify", "key", "--signature", str(bundle)]
        command += ["--public_key", str(keys.public), str(model.release_path(release))]
        command += ["--ignore-paths", str(model.release_path(release) / "assets.extra" / "hallmark.json")]
        return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode

    assert check(2) == 0
    assert check(3) != 0
