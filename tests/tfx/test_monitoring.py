"""ServingMonitor on data whose every number can be told beforehand: what it finds, records, proposes and does.

1.0.0 is wrong on the first 20 rows of both regions; 1.0.1, which is stable, on none of the north and 30 of the south.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tfx.components import StatisticsGen
from tfx.types.artifact import Artifact

from tests.tfx import tiny_model
from tests.tfx.workbench import NAME, Bench, Candidate, accuracy_gate, as_channel, make_examples, moved_to
from tfx_hallmark import Registry, ServingMonitor
from tfx_hallmark.registry.errors import ConfigError, DataError
from tfx_hallmark.registry.monitoring.report import MonitoringReport

pytestmark = pytest.mark.slow

METRIC = "binary_accuracy"
DRIFT = {"categorical": 0.2, "features": {"row": None}, "anomalies": False}
FLOOR = {"metric": METRIC, "min": 0.5}
RULES: dict[str, Any] = {"drift": DRIFT, "floors": [FLOOR]}
GATE = {"slice_min_value": None, "slice_tolerance": None, "slices": []}

Span = tuple[Artifact, Artifact]


def rows_of(*regions: str, least: int = 0, most: int = 100) -> list[bytes]:
    kept = [row for row in tiny_model.rows() if row["region"] in regions and least <= row["row"] < most]
    return [tiny_model.serialized(row) for row in kept]


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Span]:
    """New data, with its statistics: like the training data, of one region only, and where 1.0.1 fails."""
    folder = tmp_path_factory.mktemp("spans")
    rows = {
        "normal": rows_of("north", "south"),
        "drifted": rows_of("north"),
        "degraded": rows_of("north", "south", least=20, most=30) + rows_of("south", most=30),
        "hopeless": rows_of("south", most=20),
    }
    found = {}
    for name, records in rows.items():
        examples = make_examples(folder / name, {"eval": records})
        bench = Bench(folder / f"of-{name}", examples)
        found[name] = (examples, bench.launch(StatisticsGen(as_channel(examples)))["statistics"])
    return found


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, published: tuple[Bench, Candidate]
) -> tuple[Bench, Candidate]:
    """A bench where 1.0.1 took the place of 1.0.0; to be copied."""
    bench, _ = moved_to(*published, tmp_path_factory.mktemp("served") / "bench")
    second = bench.prepare(bench.train(0, 30), accuracy_gate(**GATE))
    assert bench.push(second).get_int_custom_property("pushed") == 1
    return bench, second


@pytest.fixture
def own(served: tuple[Bench, Candidate], tmp_path: Path) -> Bench:
    return moved_to(*served, tmp_path / "bench")[0]


def monitor(bench: Bench, span: Span, **rules: Any) -> Artifact:
    """Looks at a span, and gives the artifact of what was found."""
    examples, statistics = span
    component = ServingMonitor(
        as_channel(examples),
        as_channel(statistics),
        registry_root=str(bench.root),
        model_name=NAME,
        rules={**RULES, **rules},
        training_split="eval",
    )
    return bench.launch(component)["findings"]


def report_of(findings: Artifact) -> MonitoringReport:
    return msgspec.json.decode(Path(findings.uri, "report.json").read_bytes(), type=MonitoringReport)


def kinds_since(bench: Bench, seq: int) -> list[tuple[str, str]]:
    return [(event.kind, event.data.version) for event in bench.registered.events() if event.seq > seq]


def text(artifact: Artifact, key: str) -> str:
    return str(artifact.get_string_custom_property(key))


def test_on_a_normal_span_nothing_is_found_and_that_is_on_record_once(
    own: Bench, spans: dict[str, Span]
) -> None:
    seq = own.registered.state.seq
    findings = monitor(own, spans["normal"])
    report = report_of(findings)
    assert (report.outcome, report.findings, report.action, report.examples) == ("normal", (), None, 200)
    assert (text(findings, "version"), text(findings, "outcome")) == ("1.0.1", "normal")
    assert [(one.feature, one.distance) for one in report.distances if one.feature == "region"] == [
        ("region", 0.0)
    ]
    assert kinds_since(own, seq) == [("evaluated", "1.0.1"), ("monitored", "1.0.1")]
    assert own.registered.version("stable").monitorings == [report]
    # As a task that is run again.
    monitor(own, spans["normal"])
    assert own.registered.state.seq == seq + 2


def test_a_drifted_span_is_an_alert_that_names_the_feature_and_the_distance(
    own: Bench, spans: dict[str, Span]
) -> None:
    findings = monitor(own, spans["drifted"])
    report = report_of(findings)
    [found] = report.findings
    assert (found.code, found.subject, found.bound) == ("drift", "region", 0.2)
    assert found.value == pytest.approx(0.5)
    assert "region drifted: L-infinity distance 0.5" in text(findings, "summary")
    assert (text(findings, "outcome"), text(findings, "farthest_feature")) == ("alert", "region")
    assert own.examples.uri in report.training
    assert (report.action, own.registered.stable().version) == (None, "1.0.1")
    event = next(own.registered.newest_first())
    assert (event.kind, event.data.outcome, event.data.summary) == ("monitored", "alert", report.summary)


@pytest.mark.parametrize("rule", ["floors", "predecessor"])
def test_on_a_degraded_span_a_rollback_is_only_proposed_unless_it_was_allowed(
    own: Bench, spans: dict[str, Span], rule: str
) -> None:
    seq = own.registered.state.seq
    before = {"metric": METRIC, "direction": "higher_is_better", "tolerance": 0.1}
    rules = {"drift": {}, **({} if rule == "floors" else {"floors": [], "predecessor": [before]})}
    findings = monitor(own, spans["degraded"], **rules)
    # 10 of the north are right; of the south's 40, the rows from 0 to 29 and 20 to 29 once more, none.
    assert [one.code for one in report_of(findings).findings] == [
        "below_floor" if rule == "floors" else "below_predecessor"
    ]
    assert report_of(findings).findings[0].value == pytest.approx(0.2)
    assert (text(findings, "action"), text(findings, "action_standing")) == ("rollback", "proposed")
    assert own.registered.stable().version == "1.0.1"
    looked = [("evaluated", "1.0.1"), ("evaluated", "1.0.0"), ("monitored", "1.0.1")]
    assert kinds_since(own, seq) == looked

    allowed = monitor(own, spans["degraded"], auto_rollback=True, **rules)
    assert (text(allowed, "action_standing"), text(allowed, "action_version")) == ("automatic", "1.0.0")
    assert own.registered.stable().version == "1.0.0"
    assert kinds_since(own, seq) == [*looked, ("monitored", "1.0.1"), ("rolled_back", "1.0.0")]
    reason = next(own.registered.newest_first()).reason
    assert "binary_accuracy overall is 0.2 with 1.0.1, 0.6 with 1.0.0" in reason
    assert spans["degraded"][0].uri in reason


def test_a_rollback_that_would_not_help_is_not_done(own: Bench, spans: dict[str, Span]) -> None:
    findings = monitor(own, spans["hopeless"], drift={}, auto_rollback=True)
    assert [one.code for one in report_of(findings).findings] == ["below_floor", "no_better_version"]
    assert own.registered.stable().version == "1.0.1"


@pytest.fixture
def with_canary(own: Bench) -> Bench:
    """The same with 1.0.2, which errs nowhere and beat 1.0.1, as canary."""
    settings = Registry.open(own.root).settings
    labels = {"serving_policy": "labels"}
    settings.change(lambda now: msgspec.structs.replace(now, **labels), actor="ada", reason="a test")
    best = own.prepare(own.train(0, 0), accuracy_gate(**GATE))
    own.push(best, rollout="canary")
    assert own.registered.version("canary").version == "1.0.2"
    return own


def test_a_canary_that_beats_stable_on_the_new_data_is_promoted_if_that_was_allowed(
    with_canary: Bench, spans: dict[str, Span]
) -> None:
    seq = with_canary.registered.state.seq
    proposed = monitor(with_canary, spans["normal"])
    assert (text(proposed, "action"), text(proposed, "action_standing")) == ("promote", "proposed")
    assert text(proposed, "outcome") == "normal"
    assert with_canary.registered.stable().version == "1.0.1"
    monitor(with_canary, spans["normal"], auto_promote=True)
    assert with_canary.registered.stable().version == "1.0.2"
    looked = [("evaluated", "1.0.1"), ("evaluated", "1.0.2"), ("monitored", "1.0.1")]
    assert kinds_since(with_canary, seq) == [*looked, ("monitored", "1.0.1"), ("promoted", "1.0.2")]


def test_a_canary_that_is_as_good_on_the_new_data_stays_where_it_is(
    with_canary: Bench, spans: dict[str, Span]
) -> None:
    findings = monitor(with_canary, spans["drifted"], auto_promote=True)
    assert report_of(findings).action is None
    assert with_canary.registered.stable().version == "1.0.1"


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)


def cut(folder: Path) -> None:
    make_examples(folder, {"eval": rows_of("north")})


@pytest.mark.parametrize(("spoil", "told"), [(emptied, "is gone from"), (cut, "is no longer what")])
def test_without_the_training_data_drift_is_unknown_and_the_rest_is_judged(
    bench: Bench, spans: dict[str, Span], tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    bench.examples = make_examples(tmp_path / "training")
    bench.push(bench.prepare(bench.train(20, 20)))
    spoil(tmp_path / "training")
    report = report_of(monitor(bench, spans["drifted"]))
    assert [one.code for one in report.findings] == ["drift_unknown"]
    assert told in report.findings[0].text
    assert (report.outcome, report.training, report.distances) == ("alert", "", ())
    assert [one.version for one in report.measured] == ["1.0.0"]


def test_statistics_on_record_are_taken_though_the_training_data_is_gone(
    bench: Bench, spans: dict[str, Span], tmp_path: Path
) -> None:
    bench.examples = make_examples(tmp_path / "training")
    statistics = bench.launch(StatisticsGen(as_channel(bench.examples)))["statistics"]
    candidate = bench.tag(bench.train(20, 20), statistics=as_channel(statistics))
    bench.push(bench.evaluate(bench.hand_out_baseline(candidate)))
    emptied(tmp_path / "training")
    report = report_of(monitor(bench, spans["drifted"]))
    assert report.training == f"the statistics {statistics.uri}, split eval"
    assert [one.subject for one in report.findings] == ["region"]
    # What was put in their place is not what the version was trained on.
    for file in Path(statistics.uri).rglob("*.pb"):
        file.write_bytes(Path(spans["drifted"][1].uri, "Split-eval", file.name).read_bytes())
    assert [one.code for one in report_of(monitor(bench, spans["drifted"])).findings] == ["drift_unknown"]


def test_where_nothing_is_stable_there_is_nothing_to_find(bench: Bench, spans: dict[str, Span]) -> None:
    bench.tag(bench.train(20, 20))
    seq = bench.registered.state.seq
    assert text(monitor(bench, spans["normal"]), "outcome") == "nothing_stable"
    assert bench.registered.state.seq == seq


def test_what_cannot_be_looked_at_is_one_line_and_nothing_is_recorded(
    own: Bench, spans: dict[str, Span]
) -> None:
    seq = own.registered.state.seq
    examples, statistics = spans["normal"]
    common = {"registry_root": str(own.root), "model_name": NAME, "rules": RULES}
    channels = (as_channel(examples), as_channel(statistics))
    with pytest.raises(DataError, match="no statistics of the split test: there is eval"):
        own.launch(ServingMonitor(*channels, **common, example_split="test"))
    assert own.registered.state.seq == seq
    for changes, told in (
        ({"rules": {"drift": {"numeric": 7}}}, "a distance lies between 0 and 1"),
        ({"example_split": ""}, "name a split"),
    ):
        with pytest.raises(ConfigError, match=told):
            ServingMonitor(*channels, **{**common, **changes})


def test_what_the_schema_of_the_training_data_does_not_allow_is_found(
    own: Bench, spans: dict[str, Span], tmp_path: Path
) -> None:
    records: Iterable[bytes] = rows_of("north", "south")
    renamed = [record.replace(b"south", b"ocean") for record in records]
    examples = make_examples(tmp_path / "renamed", {"eval": renamed})
    statistics = own.launch(StatisticsGen(as_channel(examples)))["statistics"]
    report = report_of(monitor(own, (examples, statistics), drift={**DRIFT, "anomalies": True}, floors=[]))
    assert [(one.code, one.subject) for one in report.findings] == [
        ("drift", "region"),
        ("schema_anomaly", "region"),
    ]
    assert "ocean" in report.findings[1].text
