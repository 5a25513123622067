"""docs/monitoring.md: every metric that there is and no other, in YAML that Prometheus would take."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.markdown import blocks
from tfx_hallmark.dashboard.metrics import collector, drift_numbers, live_numbers
from tfx_hallmark.dashboard.metrics.families import FAMILIES

PAGE = Path(__file__).parents[2] / "docs/monitoring.md"
TEXT = PAGE.read_text(encoding="utf-8")
SUFFIX = {"counter": "_total", "info": "_info", "gauge": ""}
NAMES = {name + SUFFIX[family.kind] for name, family in FAMILIES.items()}


def documents() -> list[dict[str, Any]]:
    return [yaml.safe_load(block.code) for block in blocks(PAGE, "yaml")]


def rules() -> list[dict[str, Any]]:
    return [rule for one in documents() for group in one.get("groups", ()) for rule in group["rules"]]


def test_the_table_has_every_metric_with_its_type() -> None:
    rows = re.findall(r"^\| `(hallmark_\w+)` \| (\w+) \| (.+) \|$", TEXT, re.M)
    assert {name: kind for name, kind, _ in rows} == {
        name + SUFFIX[family.kind]: family.kind for name, family in FAMILIES.items()
    }
    # What has no label `model` says so.
    assert {name for name, _, what in rows if what.startswith("of the root: ")} == {
        name for name, family in FAMILIES.items() if not family.labels
    }


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_names_and_help_follow_the_conventions_of_prometheus(name: str) -> None:
    family = FAMILIES[name]
    assert re.fullmatch(r"hallmark_[a-z]+(_[a-z]+)*", name)
    # The library adds these, and OpenMetrics forbids them in the name of a gauge.
    assert not name.endswith(("_total", "_info", "_created", "_count", "_sum", "_bucket"))
    if "timestamp" in name or "duration" in name:
        assert name.endswith(("_timestamp_seconds", "_duration_seconds"))
    assert family.help.endswith(".")
    assert set(family.labels) <= {"model", "metric", "slice", "status", "record", "destination", "feature"}


def test_the_alerts_ask_for_metrics_and_labels_that_there_are() -> None:
    assert [rule["alert"] for rule in rules()] == [
        "HallmarkVersionOld",
        "HallmarkRefusalsInRow",
        "HallmarkDamaged",
        "HallmarkMetricDropped",
        "HallmarkDrift",
    ]
    for rule in rules():
        asked = set(re.findall(r"hallmark_\w+", rule["expr"]))
        assert asked
        assert asked <= NAMES
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["annotations"]["summary"]
        for label in re.findall(r'(\w+)="', rule["expr"]):
            assert any(label in family.labels for family in FAMILIES.values())


def test_the_scrape_configurations_have_what_they_need() -> None:
    found = [job for one in documents() for job in one.get("scrape_configs", ())]
    assert len(found) == 2
    for job in found:
        assert set(job) <= {"job_name", "scrape_interval", "scheme", "authorization", "static_configs"}
        assert job["static_configs"][0]["targets"]


def test_every_metric_that_is_named_anywhere_exists() -> None:
    assert set(re.findall(r"\bhallmark_\w+", TEXT)) <= NAMES


def test_the_bounds_are_those_of_the_code() -> None:
    bounds = TEXT.partition("## Bounds")[2].partition("\n## ")[0]
    assert f"- {collector.MOST_MODELS} models" in bounds
    assert f"- {live_numbers.MOST_PLACES} pairs of metric and slice" in bounds
    assert f"more than {live_numbers.LONGEST_NAME} characters" in bounds
    assert f"- {drift_numbers.MOST_FEATURES} features" in bounds
