"""A registry that demands signatures lets only signed versions serve; see docs/signing.md."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.signing_keys import KeyPair, demand_signatures, make_keys
from tfx_hallmark.registry.errors import PromotionRefusedError, RollbackRefusedError, SignatureError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import Evaluation

Make = Callable[[int], Path]


@pytest.fixture
def keys(model: Model, three: list[str], root: Path, tmp_path: Path) -> KeyPair:
    """The keys that the registry demands signatures of, from now on."""
    pair = make_keys(tmp_path / "keys")
    demand_signatures(root, pair)
    return pair


def test_an_unsigned_candidate_is_not_published(
    keys: KeyPair,
    model: Model,
    make_candidate: Make,
    make_evaluation: Callable[..., Evaluation],
    refused: Callable[..., Any],
) -> None:
    version = model.tag(make_candidate(4)).version
    with refused(SignatureError, version):
        model.push_unchecked(make_candidate(4), version, reason="a test")
    with refused(SignatureError, version):
        model.push(make_candidate(4), version, make_evaluation(0.9, baseline=model.stable()))


def test_a_candidate_is_signed_as_it_is_published(keys: KeyPair, model: Model, make_candidate: Make) -> None:
    version = model.tag(make_candidate(4)).version
    model.push_unchecked(make_candidate(4), version, reason="a test", signing_key=keys.private)
    assert model.version("stable").version == version
    assert model.signatures.check(model.version(version).state).outcome == "good"


def test_what_the_gate_refuses_is_not_signed(
    keys: KeyPair, model: Model, make_candidate: Make, make_evaluation: Callable[..., Evaluation]
) -> None:
    version = model.tag(make_candidate(4)).version
    judged = make_evaluation(0.1, baseline=model.stable())
    push = model.push(make_candidate(4), version, judged, signing_key=keys.private)
    assert not push.verdict.passed
    assert model.version(version).signature is None


def test_a_key_that_the_registry_does_not_know_signs_nothing_that_serves(
    keys: KeyPair, model: Model, make_candidate: Make, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    version = model.tag(make_candidate(4)).version
    with refused(SignatureError):
        model.push_unchecked(
            make_candidate(4), version, reason="a test", signing_key=make_keys(tmp_path / "others").private
        )


def test_an_unsigned_version_is_not_promoted(
    keys: KeyPair, model: Model, three: list[str], refused: Callable[..., Any]
) -> None:
    with refused(PromotionRefusedError, three[0]):
        model.promote_unchecked(three[0], "stable", reason="a test")
    model.sign(three[0], keys.private)
    model.promote_unchecked(three[0], "stable", reason="a test")
    assert model.version("stable").version == three[0]


def test_a_rollback_goes_to_the_last_signed_version(
    keys: KeyPair, model: Model, three: list[str], refused: Callable[..., Any]
) -> None:
    with refused(RollbackRefusedError, "penguin"):
        model.rollback(reason="worse")
    model.sign(three[0], keys.private)
    model.rollback(reason="worse")
    assert model.version("stable").version == three[0]


def test_a_rollback_to_an_unsigned_version_is_refused(
    keys: KeyPair, model: Model, three: list[str], refused: Callable[..., Any]
) -> None:
    with refused(RollbackRefusedError, three[1]):
        model.rollback(to=three[1], reason="worse")


def test_a_version_signed_with_an_unknown_key_is_not_passed_over(
    keys: KeyPair, model: Model, three: list[str], tmp_path: Path, refused: Callable[..., Any]
) -> None:
    model.sign(three[0], keys.private)
    model.sign(three[1], make_keys(tmp_path / "others").private)
    with refused(SignatureError, three[1]):
        model.rollback(reason="worse")
    model.quarantine(three[1], reason="signed by whom?")
    model.rollback(reason="worse")
    assert model.version("stable").version == three[0]


def test_a_quarantine_of_what_serves_bars_it_even_without_a_signed_successor(
    keys: KeyPair, model: Model, three: list[str]
) -> None:
    operation = model.quarantine(three[2], reason="bad data")
    assert operation.successor is None
    assert operation.still_served == 3
    assert model.version(three[2]).state.quarantined is not None
    assert model.stable() is None


def test_a_quarantine_of_what_serves_puts_the_last_signed_version_in_its_place(
    keys: KeyPair, model: Model, three: list[str]
) -> None:
    model.sign(three[0], keys.private)
    assert model.quarantine(three[2], reason="bad data").successor == three[0]
    assert model.version("stable").version == three[0]


def test_verify_finds_what_is_not_signed_and_what_an_unknown_key_signed(
    keys: KeyPair, model: Model, three: list[str], tmp_path: Path
) -> None:
    model.sign(three[0], keys.private)
    model.sign(three[1], make_keys(tmp_path / "others").private)
    codes = {finding.code for finding in model.verify()}
    assert codes == {"signature-missing", "signature-unknown-key"}
    model.sign(three[1], keys.private)
    model.sign(three[2], keys.private)
    assert model.verify() == model.audit() == ()


def test_nothing_is_demanded_any_more_when_the_demand_is_taken_back(
    keys: KeyPair, model: Model, three: list[str], root: Path
) -> None:
    demand_signatures(root, keys, required=False)
    assert model.verify() == ()
    model.rollback(reason="worse")
    assert model.version("stable").version == three[1]
