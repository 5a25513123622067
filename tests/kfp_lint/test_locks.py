"""What is installed is what was locked, wherever it is taken from."""

import re

import pytest

from tests.kfp_lint.test_image import ROOT, pins

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


def test_each_environment_has_its_lock() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"-r (requirements\S*\.lock)", makefile + image))) == LOCKS
    assert sorted(set(re.findall(r"-o (requirements\S*\.lock)", makefile))) == LOCKS


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash_and_no_lock_names_an_address(lock: str) -> None:
    assert [pin for pin, hashes in pins(lock).items() if not hashes] == []
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.stem for path in ROOT.glob("requirements*.in")))
def test_a_lock_holds_what_it_is_locked_for(name: str) -> None:
    wanted = re.findall(
        r"^([a-z0-9-]+)", (ROOT / f"{name}.in").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert wanted
    assert set(wanted) <= {pin.partition("==")[0] for pin in pins(f"{name}.lock")}
