"""`hallmark sign` and `hallmark signature`, and a registry that demands signatures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.signing_keys import KeyPair, demand_signatures, make_keys
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


@pytest.fixture
def keys(tmp_path: Path) -> KeyPair:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def known(root: Path, keys: KeyPair, three: list[str]) -> KeyPair:
    """A key that the registry checks signatures with; it demands none."""
    demand_signatures(root, keys, required=False)
    return keys


def test_what_is_signed_bears_a_good_signature(told: Run, run: Run, known: KeyPair, three: list[str]) -> None:
    answer = told("sign", "penguin@stable", "--key", known.private, "--reason", "the release")
    assert (answer["kind"], answer["version"], answer["warning"]) == ("signed", three[2], "")
    signature = told("signature", "penguin@stable")
    assert (signature["version"], signature["outcome"], signature["detail"]) == (three[2], "good", "")
    assert signature["key"] in answer["sentence"]
    assert signature["time"] == answer["events"][0]["time"]
    assert run("signature", "penguin@stable").stdout.startswith(f"penguin {three[2]}  good")


def test_signing_again_changes_nothing(told: Run, root: Path, known: KeyPair) -> None:
    told("sign", "penguin@stable", "--key", known.private)
    before = listing(root)
    answer = told("sign", "penguin@stable", "--key", known.private)
    assert answer["events"] == []
    assert "bears a good signature" in answer["sentence"]
    assert listing(root) == before


def test_a_dry_run_signs_nothing(told: Run, run: Run, root: Path, known: KeyPair) -> None:
    before = listing(root)
    answer = told("sign", "penguin@stable", "--key", known.private, "--dry-run")
    assert (answer["dry_run"], "would be signed" in answer["sentence"]) == (True, True)
    assert listing(root) == before
    assert run("signature", "penguin@stable").exit_code == 1


def test_a_signature_that_is_missing_is_an_answer_with_exit_code_1(run: Run, known: KeyPair) -> None:
    result = run("signature", "penguin@stable", "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    answer = json.loads(result.stdout)
    assert (answer["outcome"], answer["bundle"], answer["key"]) == ("missing", None, None)


def test_a_key_that_the_registry_does_not_know_is_warned_of(
    told: Run, run: Run, known: KeyPair, tmp_path: Path
) -> None:
    other = make_keys(tmp_path / "other")
    assert (
        "does not check signatures with that key"
        in told("sign", "penguin@stable", "--key", other.private)["warning"]
    )
    result = run("signature", "penguin@stable", "--json")
    assert (result.exit_code, json.loads(result.stdout)["outcome"]) == (1, "unknown-key")


def test_an_encrypted_key_is_opened_by_the_password_of_the_environment(
    run: Run, wrong: Run, three: list[str], tmp_path: Path
) -> None:
    keys = make_keys(tmp_path / "encrypted", password=b"se cret")
    assert str(keys.private) in wrong(1, "sign", "penguin@stable", "--key", keys.private)
    done = run("sign", "penguin@stable", "--key", keys.private, HALLMARK_SIGNING_KEY_PASSWORD="wrong")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    done = run("sign", "penguin@stable", "--key", keys.private, HALLMARK_SIGNING_KEY_PASSWORD="se cret")
    assert done.exit_code == 0
    assert "se cret" not in done.output


def test_the_bundle_is_written_for_other_tools(told: Run, known: KeyPair, tmp_path: Path) -> None:
    told("sign", "penguin@stable", "--key", known.private)
    answer = told("signature", "penguin@stable", "--bundle", tmp_path / "penguin.sig")
    assert json.loads((tmp_path / "penguin.sig").read_bytes()) == answer["bundle"]


def test_a_rollback_needs_no_new_signature(told: Run, model: Model, known: KeyPair, three: list[str]) -> None:
    for version in three[1:]:
        told("sign", f"penguin@{version}", "--key", known.private)
    told("config", "--require-signatures", "--reason", "policy 12")
    assert told("rollback", "penguin", "--reason", "a test")["version"] == three[1]
    assert told("signature", "penguin@stable")["outcome"] == "good"


def test_where_signatures_are_demanded_only_what_is_signed_gets_a_label(
    told: Run, wrong: Run, root: Path, known: KeyPair, three: list[str]
) -> None:
    demand_signatures(root, known)
    why = ("--reason", "a test")
    for arguments in (
        ("rollback", "penguin", "--to", three[0]),
        ("promote", f"penguin@{three[0]}", "--to", "beta"),
        ("promote", f"penguin@{three[0]}", "--to", "stable", "--force"),
    ):
        assert "sign" in wrong(1, *arguments, *why)
    told("sign", f"penguin@{three[0]}", "--key", known.private)
    # The last good one that is signed, not the one before.
    assert told("rollback", "penguin", *why)["version"] == three[0]


def test_where_signatures_are_demanded_verify_misses_them(run: Run, root: Path, known: KeyPair) -> None:
    assert run("verify", "penguin").exit_code == 0
    demand_signatures(root, known)
    result = run("verify", "penguin")
    assert (result.exit_code, "signature-missing" in result.stdout) == (1, True)


def test_a_changed_file_is_not_signed(wrong: Run, model: Model, known: KeyPair) -> None:
    shard = next((model.path / "3").rglob("variables.data*"))
    shard.chmod(0o644)
    data = shard.read_bytes()
    shard.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    wrong(1, "sign", "penguin@stable", "--key", known.private)


def test_a_candidate_is_signed_before_it_is_pushed(
    told: Run, wrong: Run, model: Model, make_candidate: Callable[[int], Path], known: KeyPair
) -> None:
    version = model.tag(make_candidate(9)).version
    told("sign", f"penguin@{version}", "--key", known.private, "--candidate", make_candidate(9))
    assert told("signature", f"penguin@{version}")["outcome"] == "good"
    another = model.tag(make_candidate(8)).version
    wrong(1, "sign", f"penguin@{another}", "--key", known.private, "--candidate", make_candidate(9))


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff\x00"])
def test_a_file_that_is_no_key_is_one_line(
    wrong: Run, three: list[str], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    assert str(tmp_path / "key.pem") in wrong(1, "sign", "penguin@stable", "--key", tmp_path / "key.pem")
    assert "missing.pem" in wrong(1, "sign", "penguin@stable", "--key", tmp_path / "missing.pem")


def test_the_public_half_signs_nothing(wrong: Run, three: list[str], keys: KeyPair) -> None:
    assert str(keys.public) in wrong(1, "sign", "penguin@stable", "--key", keys.public)


def test_without_a_key_it_is_wrong_usage(wrong: Run, three: list[str]) -> None:
    assert "Missing option '--key'" in wrong(2, "sign", "penguin@stable")


def test_verify_of_all_holds_signatures_against_the_keys_of_the_root(
    told: Run, run: Run, root: Path, known: KeyPair, three: list[str], model: Model, tmp_path: Path
) -> None:
    for version in three:
        told("sign", f"penguin@{version}", "--key", known.private)
    demand_signatures(root, known)
    assert told("verify", "--all")["findings"] == []
    # One signature is lost, and another key is demanded now: the lost one is told as lost.
    digest = model.state.versions[three[0]].signature
    (root / ".hallmark/penguin/objects" / str(digest).removeprefix("b3:")).unlink()
    result = run("verify", "--all", "--json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert (result.exit_code, finding["where"]) == (1, f"penguin@{three[0]} signature")
    demand_signatures(root, make_keys(tmp_path / "others"))
    found = json.loads(run("verify", "--all", "--json").stdout)["findings"]
    assert {one["where"]: one["code"] == "signature-unknown-key" for one in found} == {
        f"penguin@{version} signature": version != three[0] for version in three
    }
