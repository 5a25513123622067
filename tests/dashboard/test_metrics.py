"""`/metrics` says what the registry says, after everything that can be done to it."""

import datetime
from collections.abc import Callable
from pathlib import Path

import msgspec
import prometheus_client
import pytest
from fastapi.testclient import TestClient

from tests.dashboard.browser import Browser
from tests.dashboard.conftest import TOKEN
from tests.dashboard.registries import evaluation, plainly
from tests.dashboard.scraped import OPENMETRICS, Read, Scraped, page_over
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.dashboard.metrics.exposition import Exposition
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL, Evidence, MetricValue


def seconds(moment: str) -> float:
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def last_event(model: Model, kind: str) -> float:
    return seconds(next(event.time for event in model.newest_first() if event.kind == kind))


@pytest.fixture
def penguin(own_history: Path) -> Model:
    return Registry.open(own_history).model("penguin")


@pytest.fixture
def page(own_history: Path) -> Browser:
    return page_over(own_history)


@pytest.fixture
def push(penguin: Model, tmp_path: Path) -> Callable[..., None]:
    """Tags one more candidate and pushes it with an accuracy."""

    def push(number: int, accuracy: float) -> None:
        candidate = change_weights(copy_saved_model("linear", tmp_path / f"more-{number}"), number)
        version = penguin.tag(candidate).version
        found = evaluation(plainly, accuracy, penguin.stable())
        # The others have one more signature.
        found = msgspec.structs.replace(found, allow_breaking=True)
        penguin.push(candidate, version, found)

    return push


def test_it_says_what_the_registry_says(history: Path) -> None:
    scraped, state = Scraped(page_over(history)), Registry.open(history).model("penguin").state
    stable, canary = state.versions["1.0.2"], state.versions["1.0.3"]
    assert scraped.value("hallmark_registry_readable", "") == 1
    assert scraped.value("hallmark_models", "") == 2
    assert scraped.value("hallmark_models_left_out", "") == 0
    assert scraped.info("hallmark_live_version_info") == {
        "version": "1.0.2",
        "release": "2",
        "digest": stable.digest[:15],
        "policy": "latest",
    }
    assert scraped.value("hallmark_live_release") == state.labels["stable"] == 2
    assert scraped.value("hallmark_live_version_created_timestamp_seconds") == seconds(stable.created)
    assert scraped.value("hallmark_stable_moved_timestamp_seconds") == seconds(state.stable_moves[-1].time)
    assert scraped.value("hallmark_stable_moves_total") == 2
    assert scraped.value("hallmark_rollbacks_total") == 0
    assert scraped.value("hallmark_canary") == 1
    assert scraped.info("hallmark_canary_version_info") == {
        "version": "1.0.3",
        "release": "3",
        "digest": canary.digest[:15],
    }
    counts = {"tagged": 0, "published": 3, "refused": 1, "adopted": 0, "imported": 0, "quarantined": 1}
    assert {status: scraped.value("hallmark_versions", status=status) for status in counts} == counts
    assert scraped.value("hallmark_releases_total") == 3
    assert scraped.value("hallmark_events_total") == state.seq
    assert scraped.value("hallmark_refused_in_row") == 0
    assert scraped.at("hallmark_live_metric") == {("metric", OVERALL): 0.9, ("metric", "slice"): 0.9}
    assert scraped.at("hallmark_live_evaluated_metric") == scraped.at("hallmark_live_metric_drift") == {}
    for record in ("log", "evidence", "evaluation"):
        assert scraped.value("hallmark_unreadable_records", record=record) == 0
    seconds_taken = scraped.value("hallmark_scrape_duration_seconds", "")
    assert seconds_taken is not None
    assert seconds_taken > 0


def test_what_there_is_not_has_no_series(history: Path) -> None:
    scraped = Scraped(page_over(history))
    assert scraped.value("hallmark_versions", "seal", status="tagged") == 1
    assert scraped.value("hallmark_canary", "seal") == 0
    named = {name for name, _ in scraped.of("seal")}
    assert not {name for name in named if "live_version" in name or "timestamp" in name} - {
        "hallmark_newest_version_created_timestamp_seconds"
    }


def test_openmetrics_says_the_same_in_a_form_of_its_own(history: Path) -> None:
    page = page_over(history)
    plain, as_open = Scraped(page), Scraped(page, OPENMETRICS)
    took = ("hallmark_scrape_duration_seconds", frozenset[tuple[str, str]]())
    assert as_open.series.pop(took) > 0
    assert plain.series.pop(took) > 0
    assert as_open.series == plain.series
    assert as_open.types["hallmark_live_version"] == "info"
    assert as_open.types["hallmark_rollbacks"] == plain.types["hallmark_rollbacks"] == "counter"


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", "text/plain; version=0.0.4; charset=utf-8"),
        (OPENMETRICS, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (
            "application/openmetrics-text;version=evil",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        ("APPLICATION/OPENMETRICS-TEXT", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ],
)
def test_the_form_is_the_one_that_is_asked_for(client: TestClient, accept: str, answered: str) -> None:
    assert client.get("/metrics", headers={"Accept": accept}).headers["content-type"] == answered


def test_a_rollback_shows_at_the_next_scrape(penguin: Model, page: Browser) -> None:
    before = Scraped(page)
    penguin.rollback(reason="a test")
    after = Scraped(page)
    assert (before.value("hallmark_rollbacks_total"), after.value("hallmark_rollbacks_total")) == (0, 1)
    assert after.info("hallmark_live_version_info")["version"] == "1.0.0"
    # Under the policy `latest` it serves under a number of its own.
    assert after.value("hallmark_live_release") == penguin.state.labels["stable"] == 4
    assert after.value("hallmark_releases_total") == 4
    assert after.value("hallmark_stable_moved_timestamp_seconds") == last_event(penguin, "rolled_back")
    assert after.at("hallmark_live_metric")["metric", OVERALL] == 0.8


def test_i9_what_is_quarantined_serves_no_more_and_is_counted_as_that(penguin: Model, page: Browser) -> None:
    Scraped(page)
    penguin.quarantine("1.0.2", reason="a test")
    penguin.quarantine("1.0.3", reason="a test")
    scraped = Scraped(page)
    assert scraped.value("hallmark_versions", status="quarantined") == 3
    assert scraped.value("hallmark_versions", status="published") == 1
    assert scraped.value("hallmark_canary") == 0
    assert scraped.info("hallmark_canary_version_info") == {}
    assert scraped.info("hallmark_live_version_info")["version"] == "1.0.0"
    assert scraped.value("hallmark_rollbacks_total") == 1
    penguin.quarantine("1.0.0", reason="a test")
    scraped = Scraped(page)
    assert scraped.info("hallmark_live_version_info") == {}
    assert scraped.value("hallmark_live_release") is None
    assert scraped.at("hallmark_live_metric") == {}
    assert scraped.value("hallmark_stable_moved_timestamp_seconds") == last_event(penguin, "quarantined")


def test_refusals_in_a_row_are_counted_and_the_last_one_dated(
    own_history: Path, penguin: Model, page: Browser, push: Callable[..., None]
) -> None:
    first = Scraped(page)
    assert first.value("hallmark_last_refusal_timestamp_seconds") == last_event(penguin, "refused")
    push(11, 0.7)
    push(12, 0.6)
    scraped = Scraped(page)
    assert scraped.value("hallmark_refused_in_row") == 2
    assert scraped.value("hallmark_versions", status="refused") == 3
    dated = scraped.value("hallmark_last_refusal_timestamp_seconds")
    assert dated == last_event(penguin, "refused") != first.value("hallmark_last_refusal_timestamp_seconds")
    # A server that starts now reads the log from its end.
    assert Scraped(page_over(own_history)).value("hallmark_last_refusal_timestamp_seconds") == dated
    push(13, 0.95)
    assert Scraped(page).value("hallmark_refused_in_row") == 0
    assert Scraped(page).value("hallmark_last_refusal_timestamp_seconds") == dated


def test_holds_and_deleted_files_are_counted(
    penguin: Model, page: Browser, push: Callable[..., None]
) -> None:
    Registry.open(penguin.root).settings.change(
        lambda now: msgspec.structs.replace(now, rollback_targets=0), actor="a test", reason="a test"
    )
    push(11, 0.95)
    penguin.hold("1.0.0", reason="a test")
    penguin.prune(keep_last=0, reason="a test")
    scraped = Scraped(page)
    assert scraped.value("hallmark_versions_held") == 1
    pruned = sum(len(version.pruned) for version in penguin.state.versions.values())
    assert scraped.value("hallmark_releases_pruned_total") == pruned > 0
    assert scraped.value("hallmark_releases_total") == 4


def test_a_further_evaluation_gives_the_drift_of_each_metric(
    own_history: Path, penguin: Model, page: Browser
) -> None:
    Scraped(page)
    measured = (
        MetricValue(metric="metric", slice=OVERALL, value=0.85),
        MetricValue(metric="metric", slice="new", value=0.5),
        MetricValue(metric="metric", slice="slice", value=None),
    )
    penguin.record_evaluation("stable", Evidence(validation_ok=None), data="/data/1")
    penguin.record_evaluation("1.0.0", Evidence(validation_ok=None, metrics=measured[1:]), data="/data/2")
    penguin.record_evaluation("stable", Evidence(validation_ok=None, metrics=measured), data="/data/2")
    stable_last = last_event(penguin, "evaluated")
    penguin.record_evaluation("1.0.0", Evidence(validation_ok=None, metrics=measured[1:]), data="/data/3")
    for scraped in (Scraped(page), Scraped(page_over(own_history))):
        assert scraped.at("hallmark_live_metric") == {("metric", OVERALL): 0.9, ("metric", "slice"): 0.9}
        assert scraped.at("hallmark_live_evaluated_metric") == {
            ("metric", OVERALL): 0.85,
            ("metric", "new"): 0.5,
        }
        assert scraped.at("hallmark_live_metric_drift") == {("metric", OVERALL): pytest.approx(-0.05)}
        assert scraped.value("hallmark_live_evaluated_timestamp_seconds") == stable_last


def test_what_is_live_under_labels_says_so(penguin: Model, page: Browser) -> None:
    Registry.open(penguin.root).settings.change(
        lambda now: msgspec.structs.replace(now, serving_policy="labels"), actor="a test", reason="a test"
    )
    assert Scraped(page).info("hallmark_live_version_info")["policy"] == "labels"


def test_reading_needs_no_token_and_tells_none(acting_page: Callable[..., Browser]) -> None:
    page = acting_page()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}"}):
        answer = page.get("/metrics", headers=headers)
        assert answer.status_code == 200
        assert TOKEN not in answer.text
        assert "set-cookie" not in answer.headers


def test_nothing_but_the_registry_is_told_of_and_nothing_is_kept_for_the_process(history: Path) -> None:
    scraped = Scraped(page_over(history))
    assert {name.split("_")[0] for name, _ in scraped.series} == {"hallmark"}
    everywhere = [family.name for family in prometheus_client.REGISTRY.collect()]
    assert not [name for name in everywhere if name.startswith("hallmark")]


def test_a_log_that_is_long_is_read_back_scrape_by_scrape(history: Path) -> None:
    model = Registry.open(history).model("penguin")
    refused = next(event for event in model.events() if event.kind == "refused")
    exposition = Exposition(Source(Settings(root=history)), look_back=-1.0)
    for _ in range(model.state.seq - refused.seq):
        assert b"hallmark_last_refusal" not in exposition.answer()[0]
    told = Read(exposition.answer()[0].decode())
    assert told.value("hallmark_last_refusal_timestamp_seconds") == seconds(refused.time)


def test_what_was_pushed_past_the_gate_has_only_what_was_measured_since(
    penguin: Model, page: Browser
) -> None:
    penguin.promote_unchecked("1.0.3", "stable", reason="a test")
    measured = Evidence(validation_ok=None, metrics=(MetricValue(metric="metric", slice=OVERALL, value=0.5),))
    penguin.record_evaluation("1.0.3", measured, data="/data")
    scraped = Scraped(page)
    assert scraped.info("hallmark_live_version_info")["version"] == "1.0.3"
    assert scraped.at("hallmark_live_metric") == scraped.at("hallmark_live_metric_drift") == {}
    assert scraped.at("hallmark_live_evaluated_metric") == {("metric", OVERALL): 0.5}
