"""`hallmark doctor --deep` reads every byte and checks every signature; `--fix` deletes and makes up nothing."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import evaluation
from tests.conftest import listing
from tests.registry.adopted import writable
from tests.signing_keys import KeyPair, demand_signatures, make_keys
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]
SHARD = "variables/variables.data-00000-of-00001"


@pytest.fixture
def keys(tmp_path: Path) -> KeyPair:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def signed(told: Run, root: Path, keys: KeyPair, three: list[str], model: Model) -> Path:
    """The root of a registry that demands signatures; each of its three versions bears a good one."""
    for version in three:
        told("sign", f"penguin@{version}", "--key", keys.private)
    demand_signatures(root, keys)
    return root


@pytest.fixture
def doctor(run: Run) -> Callable[..., list[tuple[str, str]]]:
    """Looks a registry over and gives code and place of each finding."""

    def looks(*arguments: str) -> list[tuple[str, str]]:
        done = run("doctor", *arguments, "--json", HALLMARK_METADATA="")
        answer = json.loads(done.stdout)
        assert done.exit_code == (1 if answer["findings"] else 0), done.stderr
        assert answer["deep"] == ("--deep" in arguments)
        assert all(one["what"] and one["repair"] for one in answer["findings"])
        return [(one["code"], one["where"]) for one in answer["findings"]]

    return looks


def flip(path: Path) -> None:
    data = writable(path).read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def kept(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """Gives what is missing or has other bytes, but for stamps and checkpoints, which are made from the rest."""
    for path, (_, data) in before.items():
        if "/stamps" not in path and "/checkpoint" not in path and after.get(path, (0, None))[1] != data:
            yield path


def test_what_is_sound_and_signed_has_no_findings(signed: Path, doctor: Run) -> None:
    before = listing(signed)
    assert doctor() == doctor("--deep") == []
    assert listing(signed) == before


def test_only_deep_sees_a_byte_that_was_changed(signed: Path, doctor: Run) -> None:
    flip(signed / "penguin/2" / SHARD)
    assert doctor() == []
    found = doctor("--deep")
    assert ("file-changed", f"penguin@1.0.1 release 2: {SHARD}") in found
    assert {where.split(" ")[0] for _, where in found} == {"penguin@1.0.1"}


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda root: (root / "penguin/3/saved_model.pb").unlink(), "file-missing"),
        (lambda root: (root / "penguin/3/added.txt").touch(), "file-added"),
        (lambda root: (root / "penguin/3/empty").mkdir(), "directory-added"),
    ],
)
def test_deep_sees_files_that_went_and_came(
    signed: Path, doctor: Run, damage: Callable[[Path], None], found: str
) -> None:
    writable(signed / "penguin/3")
    damage(signed)
    assert found in [code for code, _ in doctor("--deep")]


def test_a_version_without_a_signature_is_a_finding_where_one_is_demanded(
    signed: Path, doctor: Run, publish: Callable[..., str], model: Model, keys: KeyPair
) -> None:
    demand_signatures(signed, keys, required=False)
    version = publish(4)
    assert doctor("--deep") == []
    demand_signatures(signed, keys)
    assert doctor("--deep") == [("signature-missing", f"penguin@{version} signature")]


def test_a_key_that_was_taken_away_leaves_its_signatures_unknown(
    signed: Path, doctor: Run, tmp_path: Path, three: list[str]
) -> None:
    demand_signatures(signed, make_keys(tmp_path / "others"))
    assert doctor("--deep") == [
        ("signature-unknown-key", f"penguin@{version} signature") for version in three
    ]


def test_a_signature_that_is_lost_or_was_changed_is_a_finding(
    signed: Path, doctor: Run, model: Model
) -> None:
    digests = [version.signature for version in model.state.versions.values()]
    objects = signed / ".hallmark/penguin/objects"
    lost, changed, _ = (objects / str(digest).removeprefix("b3:") for digest in digests)
    writable(lost).unlink()
    flip(changed)
    places = {where.split(" ")[0] for _, where in doctor("--deep")}
    assert places == {"penguin@1.0.0", "penguin@1.0.1"}


def test_records_that_are_lost_are_named_and_never_made_up(
    model: Model, make_candidate: Callable[[int], Path], doctor: Run, root: Path
) -> None:
    version = model.tag(make_candidate(1)).version
    model.push(make_candidate(1), version, evaluation(0.8, None))
    verdict = str(model.state.versions[version].verdict).removeprefix("b3:")
    (root / ".hallmark/penguin/objects" / verdict).unlink()
    before = listing(root)
    assert doctor() == []
    for arguments in (("--deep",), ("--deep", "--fix")):
        assert doctor(*arguments) == [("object-missing", f"penguin@{version} verdict (event 2)")]
    assert list(kept(before, listing(root))) == []


def test_i2_fix_deletes_nothing_and_leaves_what_it_cannot_mend(
    signed: Path, run: Run, doctor: Run, told: Run, model: Model
) -> None:
    told("rollback", "penguin", "--reason", "a test")  # release 4 holds what release 2 holds
    shutil.rmtree(writable(signed / "penguin/4"))
    flip(signed / "penguin/1" / SHARD)
    (signed / "penguin/9").mkdir()
    (signed / "penguin/notes.txt").write_text("mine")
    stable, before = model.state.labels["stable"], listing(signed)
    left = doctor("--deep", "--fix")
    assert "release-missing" not in [code for code, _ in left]
    assert [one for one in left if one[0] == "foreign-entry"] == [("foreign-entry", "penguin")] * 2
    assert ("file-changed", f"penguin@1.0.0 release 1: {SHARD}") in left
    after = listing(signed)
    assert list(kept(before, after)) == []
    assert (signed / "penguin/4/saved_model.pb").read_bytes() == (
        signed / "penguin/2/saved_model.pb"
    ).read_bytes()
    assert model.state.labels["stable"] == stable
    assert doctor("--deep", "--fix") == left


def test_a_finding_is_told_once_by_deep_and_by_the_look_that_comes_before(signed: Path, doctor: Run) -> None:
    shutil.rmtree(writable(signed / "penguin/1"))
    (signed / "penguin/notes.txt").touch()
    found = doctor("--deep")
    assert sorted(found) == sorted(set(found))
    assert set(doctor()) <= set(found)


def test_damaged_settings_are_a_finding_and_the_bytes_are_read_all_the_same(
    signed: Path, doctor: Run
) -> None:
    newest = sorted((signed / ".hallmark").glob(".settings/*.json"))[-1]
    writable(newest).write_bytes(b"{")
    flip(signed / "penguin/2" / SHARD)
    codes = [code for code, _ in doctor("--deep")]
    assert "settings-unusable" in codes
    assert "file-changed" in codes


def test_a_rehearsal_without_fix_is_wrong_usage(signed: Path, wrong: Run) -> None:
    assert "--dry-run goes with --fix" in wrong(2, "doctor", "--dry-run")
