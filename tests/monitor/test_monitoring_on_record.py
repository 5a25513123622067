"""What monitoring found, on record: once, with its report, in archives too, and audited."""

import datetime
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.dashboard.browser import Browser
from tests.dashboard.page_text import PageText
from tests.dashboard.scraped import Scraped, page_over
from tfx_hallmark.cli.main import app
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.monitoring.report import (
    DriftDistance,
    MeasuredVersion,
    MonitoringFinding,
    MonitoringReport,
)
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import Evidence, MetricValue

DRIFTED = MonitoringFinding(code="drift", text="mass drifted: 0.6", subject="mass", value=0.6, bound=0.2)


def report(model: Model, which: str, **changes: object) -> MonitoringReport:
    """Makes a report on a version, with evidence of it that is stored."""
    version = model.version(which)
    value = MetricValue(metric="accuracy", slice="Overall", value=0.9)
    evidence = model._ledger.objects.put(Evidence(validation_ok=True, metrics=(value,)))
    measured = MeasuredVersion(
        version=version.version, role="stable", evidence=evidence, summary="accuracy 0.9"
    )
    made = MonitoringReport(
        model=model.name,
        version=version.version,
        release=version.releases[-1],
        digest=version.digest,
        data="/data/span-2",
        span="2",
        examples=100,
        training="the statistics on record",
        distances=(
            DriftDistance(feature="mass", comparator="jensen_shannon", distance=0.6, threshold=0.2),
            DriftDistance(feature="sex", comparator="l_infinity", distance=0.05, threshold=0.2),
        ),
        measured=(measured,),
        findings=(DRIFTED,),
        outcome="alert",
        summary="mass drifted: 0.6",
    )
    return msgspec.structs.replace(made, **changes)


@pytest.fixture
def watched(model: Model, three: list[str]) -> Model:
    """Three versions, the last of which was monitored once."""
    event = model.record_monitoring(report(model, three[-1]), reason="the nightly look", actor="ada")
    assert event is not None
    return model


def test_a_report_is_read_back_from_its_version_and_is_an_event(watched: Model, three: list[str]) -> None:
    event = next(watched.newest_first())
    assert (event.kind, event.schema, event.actor, event.reason) == (
        "monitored",
        4,
        "ada",
        "the nightly look",
    )
    assert (event.data.version, event.data.outcome, event.data.data) == (three[-1], "alert", "/data/span-2")
    assert watched.version("stable").monitorings == [report(watched, three[-1])]
    assert watched.version(three[0]).monitorings == []


def test_the_same_report_again_is_recorded_once_and_another_is_recorded(
    watched: Model, three: list[str]
) -> None:
    seq = watched.state.seq
    assert watched.record_monitoring(report(watched, three[-1]), actor="ada") is None
    assert watched.state.seq == seq
    assert watched.record_monitoring(report(watched, three[-1], data="/data/span-3"), actor="ada") is not None
    assert [one.data for one in watched.version("stable").monitorings] == ["/data/span-2", "/data/span-3"]


def test_a_report_on_other_content_is_not_recorded(watched: Model, three: list[str]) -> None:
    other = report(watched, three[-1], digest="b3:" + "0" * 64)
    with pytest.raises(NotFoundError):
        watched.record_monitoring(other)


def test_audit_reads_the_report_and_finds_what_contradicts_the_event(watched: Model, root: Path) -> None:
    assert CliRunner().invoke(app, ["audit", "--root", str(root)]).exit_code == 0
    digest = watched.version("stable").state.monitorings[0]
    (root / ".hallmark/penguin/objects" / digest.removeprefix("b3:")).unlink()
    done = CliRunner().invoke(app, ["audit", "--root", str(root)])
    assert done.exit_code == 1
    assert "monitoring (event" in done.stdout


def test_an_archive_of_the_version_brings_its_monitoring_along(
    watched: Model, three: list[str], tmp_path: Path, make_candidate: Callable[[int], Path]
) -> None:
    archive = tmp_path / "penguin.hallmark"
    watched.export(archive, three[-1])
    there = Registry.create(tmp_path / "there").root
    done = CliRunner().invoke(
        app, ["import", str(archive), "--to", "stable", "--reason", "a move", "--root", str(there)]
    )
    assert done.exit_code == 0, done.stderr
    brought = Registry.open(there).model("penguin").version(three[-1])
    assert brought.monitorings == watched.version(three[-1]).monitorings


def test_show_tells_what_was_found_and_how_far_each_feature_is(watched: Model, root: Path) -> None:
    printed = CliRunner().invoke(app, ["show", "penguin@stable", "--root", str(root)]).stdout
    assert "span 2, alert: mass drifted: 0.6" in printed
    assert re.search(r"mass +Jensen-Shannon +0\.6000 +0\.2000", printed)
    assert re.search(r"sex +L-infinity +0\.0500 +0\.2000", printed)
    told = json.loads(
        CliRunner().invoke(app, ["show", "penguin@stable", "--root", str(root), "--json"]).stdout
    )
    assert [(one["outcome"], one["span"]) for one in told["monitored"]] == [("alert", "2")]
    logged = CliRunner().invoke(app, ["log", "penguin", "--kind", "monitored", "--root", str(root)]).stdout
    assert "monitored on new data, alert: mass drifted: 0.6" in logged


def test_the_page_of_the_version_has_a_section_of_what_was_found(
    watched: Model, three: list[str], root: Path
) -> None:
    client = Browser(create_app(Settings(root=root))).client
    page = PageText(client.get(f"/models/penguin/versions/{three[-1]}").text).text
    assert "Monitoring" in page
    assert "mass drifted: 0.6" in page
    assert "2 features of span 2 against the training data" in page
    other = PageText(client.get(f"/models/penguin/versions/{three[0]}").text).text
    assert "against the training data" not in other


def test_prometheus_is_told_of_the_last_look_at_what_is_live(
    watched: Model, three: list[str], root: Path
) -> None:
    scraped = Scraped(page_over(root))
    drift = {
        feature: scraped.value("hallmark_monitored_drift", feature=feature) for feature in ("mass", "sex")
    }
    assert drift == {"mass": 0.6, "sex": 0.05}
    assert scraped.value("hallmark_monitored_drift_threshold", feature="mass") == 0.2
    assert scraped.value("hallmark_monitored_alerts") == 1
    assert scraped.value("hallmark_monitored_features_left_out") == 0
    assert scraped.value("hallmark_unreadable_records", record="monitoring") == 0
    moment = next(watched.newest_first()).time.replace("Z", "+00:00")
    looked = scraped.value("hallmark_monitored_timestamp_seconds")
    assert looked == datetime.datetime.fromisoformat(moment).timestamp()
    many = tuple(DriftDistance(feature=f"f{n}", comparator="l_infinity", distance=0.1) for n in range(150))
    long = DriftDistance(feature="x" * 300, comparator="l_infinity", distance=0.1)
    watched.record_monitoring(
        report(watched, three[-1], distances=(long, *many), findings=(), outcome="normal")
    )
    scraped = Scraped(page_over(root))
    assert scraped.value("hallmark_monitored_features_left_out") == 51
    assert scraped.value("hallmark_monitored_alerts") == 0
    # What follows a rollback was never looked at.
    watched.rollback(reason="a test")
    assert "hallmark_monitored_alerts" not in page_over(root).client.get("/metrics").text


def test_a_damaged_report_is_told_and_takes_nothing_else_with_it(watched: Model, root: Path) -> None:
    digest = watched.version("stable").state.monitorings[0]
    (root / ".hallmark/penguin/objects" / digest.removeprefix("b3:")).unlink()
    scraped = Scraped(page_over(root))
    assert scraped.value("hallmark_unreadable_records", record="monitoring") == 1
    assert scraped.value("hallmark_live_release") == 3
