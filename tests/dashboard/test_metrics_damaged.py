"""A scrape of `/metrics` succeeds whatever is damaged, missing, hostile or too much, and says so."""

import shutil
from pathlib import Path

import pytest

from tests.dashboard.registries import write_history
from tests.dashboard.scraped import OPENMETRICS, Scraped, page_over
from tests.registry.adopted import writable
from tfx_hallmark.dashboard.metrics import collector
from tfx_hallmark.dashboard.metrics.live_numbers import LONGEST_NAME, MOST_PLACES
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evidence, MetricValue

PENGUIN = ".hallmark/penguin"
HOSTILE = 'quote" backslash\\ end\\n\nline\r} 1\n# EOF\nhallmark_models 99\n{model="x"} \u202e\x00\x85\u2028é'
MOST_OTHERS = 30  # series of a model beside its metrics, as docs/monitoring.md says


def object_file(root: Path, digest: str) -> Path:
    return root / PENGUIN / "objects" / digest.removeprefix("b3:")


def cut(path: Path) -> bytes:
    """Damages a file; gives what it was."""
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-5])
    return whole


def numbers(count: int, *, where: str = OVERALL) -> tuple[MetricValue, ...]:
    return tuple(MetricValue(metric=f"m{number:04}", slice=where, value=number) for number in range(count))


def test_a_damaged_log_is_a_value_and_the_other_models_are_told_as_ever(own_history: Path) -> None:
    before = Scraped(page_over(own_history))
    cut(writable(own_history / PENGUIN / "log") / f"{3:020d}.json")
    shutil.rmtree(own_history / PENGUIN / "checkpoint", ignore_errors=True)
    page = page_over(own_history)
    for accept in ("", OPENMETRICS):
        scraped = Scraped(page, accept)
        assert scraped.value("hallmark_unreadable_records", record="log") == 1
        assert len(scraped.of("penguin")) == 1
        assert scraped.of("seal") == before.of("seal")
        assert scraped.value("hallmark_models", "") == 2
        assert scraped.value("hallmark_registry_readable", "") == 1


def test_an_event_that_only_a_moment_is_looked_for_in_costs_that_moment(own_history: Path) -> None:
    page = page_over(own_history)
    model = Registry.open(own_history).model("penguin")
    refused = next(event.seq for event in model.events() if event.kind == "refused")
    # The page has folded it by now; the metrics have not looked back yet.
    assert page.get("/models/penguin").status_code == 200
    path = writable(own_history / PENGUIN / "log") / f"{refused:020d}.json"
    whole = cut(path)
    scraped = Scraped(page)
    assert scraped.value("hallmark_unreadable_records", record="log") == 1
    assert scraped.value("hallmark_last_refusal_timestamp_seconds") is None
    assert scraped.info("hallmark_live_version_info")["version"] == "1.0.2"
    path.write_bytes(whole)
    scraped = Scraped(page)
    assert scraped.value("hallmark_unreadable_records", record="log") == 0
    assert scraped.value("hallmark_last_refusal_timestamp_seconds") is not None


@pytest.mark.parametrize("record", ["verdict", "evidence", "evaluation"])
def test_a_damaged_record_of_what_is_live_costs_its_numbers_alone(own_history: Path, record: str) -> None:
    model = Registry.open(own_history).model("penguin")
    model.record_evaluation("stable", Evidence(validation_ok=None, metrics=numbers(1)), data="/data")
    stable = model.version("stable")
    assert stable.verdict is not None
    digests = {"verdict": stable.state.verdict, "evidence": stable.verdict.evidence}
    digest = {**digests, "evaluation": stable.state.evidence[-1]}[record]
    assert digest is not None
    path = object_file(own_history, digest)
    whole = cut(path)
    page = page_over(own_history)
    named = "evaluation" if record == "evaluation" else "evidence"
    lost, kept = ("hallmark_live_metric", "hallmark_live_evaluated_metric")[
        :: -1 if record == "evaluation" else 1
    ]
    scraped = Scraped(page)
    assert scraped.value("hallmark_unreadable_records", record=named) == 1
    assert scraped.value("hallmark_unreadable_records", record="log") == 0
    assert scraped.at(lost) == scraped.at("hallmark_live_metric_drift") == {}
    assert scraped.at(kept)
    assert scraped.info("hallmark_live_version_info")["version"] == "1.0.2"
    path.write_bytes(whole)
    scraped = Scraped(page)
    assert scraped.value("hallmark_unreadable_records", record=named) == 0
    assert scraped.at(lost)


def test_settings_that_cannot_be_read_are_said_and_the_models_are_told(own_history: Path) -> None:
    settings = own_history / ".hallmark/.settings"
    settings.mkdir()
    (settings / f"{1:020d}.json").write_text("{")
    scraped = Scraped(page_over(own_history))
    assert scraped.value("hallmark_registry_readable", "") == 0
    assert scraped.info("hallmark_live_version_info")["policy"] == "unknown"
    assert scraped.value("hallmark_models", "") == 2


def test_a_root_that_is_gone_is_said_until_it_is_back(own_history: Path) -> None:
    page = page_over(own_history)
    before = Scraped(page)
    away = own_history.rename(own_history.with_name("away"))
    scraped = Scraped(page)
    assert scraped.value("hallmark_registry_readable", "") == 0
    assert scraped.of("penguin") == {}
    away.rename(own_history)
    scraped = Scraped(page)
    assert scraped.value("hallmark_registry_readable", "") == 1
    assert scraped.of("penguin") == before.of("penguin")


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_no_name_in_the_registry_adds_a_line_or_a_label(tmp_path: Path, accept: str) -> None:
    def say(word: str) -> str:
        return HOSTILE if word in ("metric", "slice") else word

    write_history(tmp_path / "root", tmp_path / "candidates", say)
    scraped = Scraped(page_over(tmp_path / "root"), accept)
    assert scraped.at("hallmark_live_metric") == {(HOSTILE, OVERALL): 0.9, (HOSTILE, HOSTILE): 0.9}
    assert scraped.value("hallmark_models", "") == 2
    assert {dict(labels).get("model") for _, labels in scraped.series} == {"penguin", "seal", None}


def test_only_so_many_metrics_of_a_model_are_told_and_first_those_that_say_most(own_history: Path) -> None:
    model = Registry.open(own_history).model("penguin")
    watched = Comparison(metric="m0149", slice="a:b", rule="value", lower=0.5, candidate=1.0)
    long = MetricValue(metric="x" * (LONGEST_NAME + 1), slice=OVERALL, value=1.0)
    evidence = Evidence(
        validation_ok=None,
        comparisons=(watched,),
        metrics=(long, *numbers(150, where="a:b"), *numbers(60)),
    )
    model.record_evaluation("stable", evidence, data="/data")
    scraped = Scraped(page_over(own_history))
    told = scraped.at("hallmark_live_evaluated_metric")
    # The two of the gate's own evidence count as well; of them the one of all examples comes first.
    released = scraped.at("hallmark_live_metric")
    assert len(told.keys() | released.keys()) == MOST_PLACES
    assert {place for place in told if place[1] == OVERALL} == {
        (f"m{number:04}", OVERALL) for number in range(60)
    }
    assert told["m0149", "a:b"] == 149
    assert ("metric", OVERALL) in released
    assert scraped.value("hallmark_live_metrics_left_out") == 1 + 150 + 60 + 2 - MOST_PLACES
    measured = 3 * MOST_PLACES
    assert len(scraped.of("penguin")) <= MOST_OTHERS + measured
    of_metrics = [name for name, labels in scraped.of("penguin") if "slice" in dict(labels)]
    assert len(scraped.of("penguin")) - len(of_metrics) <= MOST_OTHERS


def test_only_so_many_models_are_told(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MOST_MODELS", 1)
    scraped = Scraped(page_over(history))
    assert scraped.value("hallmark_models", "") == 2
    assert scraped.value("hallmark_models_left_out", "") == 1
    assert scraped.of("penguin")
    assert not scraped.of("seal")


def test_no_manifest_and_no_evidence_is_read_but_of_what_is_live(own_history: Path) -> None:
    before = Scraped(page_over(own_history))
    stable = Registry.open(own_history).model("penguin").version("stable")
    assert stable.verdict is not None
    needed = {str(digest).removeprefix("b3:") for digest in (stable.state.verdict, stable.verdict.evidence)}
    removed = [
        path for path in writable(own_history / PENGUIN / "objects").iterdir() if path.name not in needed
    ]
    for path in removed:
        path.unlink()
    assert len(removed) > 5
    assert Scraped(page_over(own_history)).of("penguin") == before.of("penguin")
