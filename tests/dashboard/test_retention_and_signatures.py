"""What pages say of files that must stay, files that are gone, and signatures."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.page_text import PageText
from tests.dashboard.test_escaping import PAYLOAD
from tests.dashboard.test_pages import reader_of
from tests.signing_keys import make_keys
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

VERSION = "/models/penguin/versions"


@pytest.fixture
def penguin(own_history: Path) -> Model:
    return Registry.open(own_history).model("penguin")


@pytest.fixture
def read(own_history: Path) -> Callable[..., PageText]:
    return reader_of(own_history)


def test_a_held_version_says_so_with_the_reason(penguin: Model, read: Callable[..., PageText]) -> None:
    assert "Held." not in read(f"{VERSION}/1.0.0").text
    penguin.hold("1.0.0", reason="the audit of May asks for it")
    page = read(f"{VERSION}/1.0.0")
    assert "Held. Its files stay, whatever retention says: the audit of May asks for it" in page.text
    assert "held: its files stay: the audit of May asks for it" in page.text
    assert "Held." not in read(f"{VERSION}/1.0.2").text


def test_a_hold_that_was_lifted_is_no_longer_said(penguin: Model, read: Callable[..., PageText]) -> None:
    penguin.hold("1.0.0", reason="an audit")
    penguin.unhold("1.0.0", reason="the audit is over")
    page = read(f"{VERSION}/1.0.0")
    assert "Held." not in page.text
    assert "no longer held: retention may delete its files: the audit is over" in page.text


def test_the_table_of_versions_tells_a_hold_and_finds_it(
    penguin: Model, read: Callable[..., PageText]
) -> None:
    penguin.hold("1.0.0", reason="an audit")
    rows = {row["Version"].split()[0]: row for row in read("/models/penguin").tables["Versions of penguin"]}
    assert rows["1.0.0"]["Remarks"].startswith("held: an audit")
    assert "held" not in rows["1.0.2"]["Remarks"]
    found = read("/models/penguin", q="an audit").tables
    (versions,) = (rows for name, rows in found.items() if "Versions" in name)
    assert [row["Version"] for row in versions] == ["1.0.0"]


def test_a_release_whose_files_are_gone_says_when_by_whom_and_why(
    publish: Callable[..., str], model: Model, root: Path
) -> None:
    versions = [publish(number) for number in (1, 2, 3, 4)]
    pruned = model.prune(keep_last=1, reason="the disk is full", actor="the janitor")
    gone = {deletion.version for deletion in pruned.plan.deletions}
    assert gone
    read = reader_of(root)
    rows = {row["Version"].split()[0]: row for row in read("/models/penguin").tables["Versions of penguin"]}
    for number, version in enumerate(versions, start=1):
        page = read(f"{VERSION}/{version}")
        said = re.search(
            r"; files deleted \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*( UTC)? by the janitor: the disk is full",
            page.text,
        )
        assert (said is not None) == (version in gone) == ("files deleted" in rows[version]["Remarks"])
        assert (f"deleted the files of release {number}" in page.text) == (version in gone)


def test_a_signed_version_names_its_key(
    penguin: Model, read: Callable[..., PageText], tmp_path: Path
) -> None:
    keys = make_keys(tmp_path / "keys")
    assert "signed by" not in read(f"{VERSION}/1.0.2").text
    penguin.sign("1.0.2", keys.private, actor="Ada")
    key = penguin.version("1.0.2").signed_by
    assert key
    page = read(f"{VERSION}/1.0.2")
    assert f"signed by key {key}" in page.text
    assert f"signed; key {key}" in page.text
    assert "signed by" not in read(f"{VERSION}/1.0.0").text


def test_a_label_that_was_taken_off_is_gone_from_the_pages(
    penguin: Model, read: Callable[..., PageText]
) -> None:
    assert re.search(r"canary 1\.0\.3 release 3", read("/models/penguin").text)
    penguin.withdraw("canary", reason="seen enough")
    page = read("/models/penguin")
    assert not re.search(r"canary 1\.0\.3 release 3", page.text)
    assert "no longer canary: seen enough" in page.text


def test_reasons_of_holds_prunings_and_labels_are_escaped(penguin: Model, own_history: Path) -> None:
    penguin.hold("1.0.0", reason=PAYLOAD)
    penguin.withdraw("canary", reason=PAYLOAD)
    browser = TestClient(create_app(Settings(root=own_history)), base_url="http://127.0.0.1")
    for address in ("/models/penguin", f"{VERSION}/1.0.0", f"{VERSION}/1.0.3", "/audit"):
        html = browser.get(address).text
        assert PAYLOAD not in html
        assert "&lt;" in html
