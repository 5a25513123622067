"""What the page of a version says."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.page_text import PageText
from tfx_hallmark.registry.registry import Registry

Read = Callable[[str], PageText]


@pytest.fixture
def read(client: TestClient) -> Read:
    def read(version: str) -> PageText:
        return PageText(client.get(f"/models/penguin/versions/{version}").text)

    return read


def test_a_refusal_gives_its_reasons_and_what_failed_first(read: Read) -> None:
    page = read("1.0.1")
    assert "Refused" in page.headings
    assert "stable then: 1.0.0, release 1" in page.text
    checks = page.tables["3 thresholds, 2 missed"]
    assert [row["Outcome"] for row in checks] == ["missed", "missed", "met"]
    assert checks[0] == {
        "Outcome": "missed",
        "Metric": "metric",
        "Slice": "Overall",
        "Required": "better by more than 0",
        "Candidate": "0.7000",
        "Baseline": "0.8000",
        "Margin": "-0.1000",
    }


def test_an_override_is_said_with_its_reason(read: Read) -> None:
    page = read("1.0.3")
    assert "Published past the gate" in page.headings
    assert "The gate was passed over. override" in page.text


def test_a_quarantine_is_said_with_its_reason(read: Read) -> None:
    page = read("1.0.4")
    assert "In quarantine. quarantine" in page.text
    assert "No verdict yet" in page.headings


def test_everything_recorded_can_be_read(read: Read, history: Path) -> None:
    page = read("1.0.2")
    manifest = Registry.open(history).model("penguin").version("1.0.2").manifest
    assert manifest.digest in page.text
    assert [row["BLAKE3 digest"] for row in page.tables["Files with their digests"]] == [
        file.digest for file in manifest.files
    ]
    made_from = ("data-uri", "span", "module", "commit", "hyperparameter-value", "train-value", "eval-value")
    for word in (
        *made_from,
        "python",
        "package-version",
        "run-id",
        "model-id",
        "note-value",
        "description",
        "42",
    ):
        assert word in page.text
    signatures = page.tables["What clients send and get back"]
    assert {(row["Role"], row["Name"]) for row in signatures} >= {("input", "input"), ("output", "output")}


def test_metrics_stand_beside_those_of_the_baseline(read: Read) -> None:
    assert read("1.0.2").tables["Metrics by slice"][0] == {
        "Slice": "Overall",
        "Metric": "metric",
        "Value": "0.9000",
        "Baseline": "0.8000",
        "Change": "+0.1000",
    }


def test_releases_are_given_with_their_paths(read: Read, history: Path) -> None:
    assert str(history / "penguin" / "2") in read("1.0.2").text
    assert "it was never published" in read("1.0.1").text


def test_it_may_be_compared_with_stable_its_baseline_and_the_one_before(read: Read) -> None:
    links = read("1.0.1").links
    assert links["Compare with stable 1.0.2"] == "/models/penguin/compare?version=1.0.2&version=1.0.1"
    assert links["Compare with its baseline 1.0.0"] == "/models/penguin/compare?version=1.0.0&version=1.0.1"
    assert "Compare with the one before 1.0.1" in read("1.0.2").links


def test_only_its_own_events_are_told_newest_first(read: Read) -> None:
    told = read("1.0.4").text.partition("Events of this version")[2]
    assert told.index("put in quarantine") < told.index("tagged, patch")
    assert "1.0.2 by" not in told


def test_events_that_come_later_are_found_too(own_history: Path) -> None:
    from tests.dashboard.test_pages import reader_of

    read = reader_of(own_history)
    address = "/models/penguin/versions/1.0.0"
    assert "put in quarantine" not in read(address).text
    Registry.open(own_history).model("penguin").quarantine("1.0.0", reason="labels were wrong")
    assert "put in quarantine: labels were wrong" in read(address).text
