"""What the pages of comparisons and of all events say."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.page_text import PageText
from tests.dashboard.test_pages import reader_of
from tfx_hallmark.registry.registry import Registry

Read = Callable[..., PageText]


@pytest.fixture
def read(history: Path) -> Read:
    return reader_of(history)


def audited(page: PageText) -> list[tuple[str, str, str]]:
    return [(row["Model"], row["Kind"], row["Version"]) for row in page.tables.get("Events", [])]


def test_versions_stand_side_by_side_in_the_order_of_the_address(read: Read) -> None:
    page = read("/models/penguin/compare?version=1.0.2&version=1.0.1")
    (rows,) = page.tables.values()
    metric = next(row for row in rows if row[""].startswith("metric overall"))
    assert list(metric.values()) == ["metric overall (differs)", "0.9000", "0.7000 -0.2000 worse"]
    assert "hyperparameter-value" in page.text


def test_only_what_changed_works_without_a_script(client: TestClient) -> None:
    address = "/models/penguin/compare?version=1.0.2&version=1.0.1"
    assert 'class="compare"' in client.get(address).text
    assert 'class="compare only-changed"' in client.get(f"{address}&changed=1").text


def test_labels_and_releases_name_versions_too_and_one_version_is_one_column(read: Read) -> None:
    page = read("/models/penguin/compare?version=stable&version=1&version=1.0.2&version=")
    (rows,) = page.tables.values()
    assert len(rows[1]) == 3


def test_one_version_alone_asks_for_another(read: Read) -> None:
    assert "Choose another version" in read("/models/penguin/compare?version=1.0.2").headings
    assert "Choose two versions" in read("/models/penguin/compare").headings


def test_a_version_that_is_not_there_is_said(client: TestClient) -> None:
    answer = client.get("/models/penguin/compare?version=1.0.2&version=9.9.9")
    assert answer.status_code == 404
    assert "there is no such version" in answer.text


def test_the_audit_tells_the_events_of_all_models_newest_first(read: Read) -> None:
    page = read("/audit")
    told = audited(page)
    assert told[0] == ("seal", "tagged", "1.0.0")
    assert ("penguin", "published override", "1.0.3") in told
    times = [row["Time (UTC)"] for row in page.tables["Events"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"kind": "refused"}, {"refused"}),
        ({"actor": "GUARD"}, {"quarantined"}),
        ({"model": "seal"}, {"tagged"}),
        ({"since": "2999-01-01"}, set()),
        ({"until": "1999-12-31"}, set()),
    ],
)
def test_the_audit_is_filtered(read: Read, query: dict[str, str], kinds: set[str]) -> None:
    assert {kind for _, kind, _ in audited(read("/audit", **query))} == kinds


def test_the_last_day_counts_to_its_end(read: Read) -> None:
    today = str(datetime.datetime.now(datetime.timezone.utc).date())
    # The registry may have been made before midnight.
    before = str(datetime.date.fromisoformat(today) - datetime.timedelta(days=1))
    assert audited(read("/audit", since=before, until=today)) == audited(read("/audit"))


def test_the_audit_is_paged_through_without_loss_or_repetition(
    root: Path, make_candidate: Callable[[int], Path]
) -> None:
    registry = Registry.open(root)
    for number in range(60):
        registry.model(("penguin", "seal", "gull")[number % 3]).tag(make_candidate(number))
    read, address, seen = reader_of(root), "/audit", []
    while address:
        page = read(address)
        seen += [(model, version) for model, _, version in audited(page)]
        address = page.links.get("Older", "")
    assert len(seen) == 60
    assert len(set(seen)) == 60


def test_checking_finds_every_chain_whole(read: Read, history: Path) -> None:
    (chains,) = (rows for name, rows in read("/audit?check=1").tables.items() if "checking" in name)
    assert [(row["Outcome"], row["Model"]) for row in chains] == [("whole", "penguin"), ("whole", "seal")]
    assert chains[0]["Last seal"] == Registry.open(history).model("penguin").state.seal


def test_checking_finds_an_edited_event_that_no_other_page_reads(own_history: Path) -> None:
    read = reader_of(own_history)
    # Opened before the edit, as by a server that has been running.
    assert "broken" not in read("/audit?check=1").text
    event = own_history / ".hallmark" / "penguin" / "log" / f"{2:020d}.json"
    event.chmod(0o644)
    event.write_bytes(event.read_bytes().replace(b"pusher", b"nobody"))
    page = read("/audit?check=1&kind=quarantined")
    (chains,) = (rows for name, rows in page.tables.items() if "checking" in name)
    assert chains[0]["Outcome"] == "broken"
    assert re.search(r"event .*2\.json is truncated or was edited", chains[0]["Last seal"])


@pytest.mark.parametrize(
    "query", ["kind=nothing", "since=yesterday", "until=2026-02-30", "before=penguin", "before=penguin:x"]
)
def test_a_filter_that_cannot_be_is_said(client: TestClient, query: str) -> None:
    answer = client.get(f"/audit?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
