"""The monitoring pipeline on three spans of new penguins, after the demo: normal, drifted, degraded.

The demo leaves 1.2.0 stable, and 1.0.0 before it.
"""

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config.monitoring import load_monitor_config
from pipeline.monitor import main
from tests.lineage.history import assert_each_once
from tests.pipeline import spans
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

pytestmark = [pytest.mark.tfx, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "monitor.yaml"
METRIC = "sparse_categorical_accuracy"


class Watched(msgspec.Struct):
    """A copy of what the demo left, and the spans that come after it."""

    folder: Path
    printed: list[str]

    @property
    def root(self) -> Path:
        return self.folder / "registry"

    @property
    def model(self) -> Model:
        return Registry.open(self.root).model("penguin")

    @property
    def store(self) -> metadata_store.MetadataStore:
        connection = mlmd.ConnectionConfig()
        connection.sqlite.filename_uri = str(self.folder / "metadata.sqlite")
        return metadata_store.MetadataStore(connection)

    def settings(self, *more: str) -> list[str]:
        values = {
            "pipeline.root": self.folder / "monitor",
            "metadata.file": self.folder / "metadata.sqlite",
            "registry.root": self.root,
            "data.folder": self.folder / "new",
            "data.pattern": "span-{SPAN}/*.csv",
        }
        return [*(f"{key}={value}" for key, value in values.items()), *more]

    def look(self, capfd: pytest.CaptureFixture[str], *more: str) -> str:
        arguments = [f"--set={one}" for one in self.settings(*more)]
        capfd.readouterr()
        code = main(["--config", str(CONFIG), *arguments])
        out, err = capfd.readouterr()
        assert code == 0, err
        self.printed.append(out)
        return out


@pytest.fixture(scope="module")
def watched(demo_here: Path, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("watched")
    shutil.copytree(demo_here / "registry", folder / "registry", symlinks=True)
    shutil.copyfile(demo_here / "metadata.sqlite", folder / "metadata.sqlite")
    return Watched(folder, [])


def findings(watched: Watched) -> list[dict[str, str]]:
    """Gives what ML Metadata has of each look, oldest first."""
    artifacts = watched.store.get_artifacts_by_type("tfx_hallmark.MonitoringFindings")
    return [
        {key: value.string_value for key, value in one.custom_properties.items()}
        for one in sorted(artifacts, key=lambda one: one.id)
    ]


def kinds(watched: Watched, after: int) -> list[tuple[str, str]]:
    return [(event.kind, event.data.version) for event in watched.model.events() if event.seq > after]


def test_three_spans_a_normal_one_a_drifted_one_and_a_degraded_one(
    watched: Watched, capfd: pytest.CaptureFixture[str]
) -> None:
    seq = watched.model.state.seq
    looked = [("evaluated", "1.2.0"), ("evaluated", "1.0.0"), ("monitored", "1.2.0")]

    spans.write_span(watched.folder / "new", 1, spans.normal())
    printed = watched.look(capfd)
    assert "penguin@1.2.0: normal: nothing out of the ordinary" in printed
    assert "ServingMonitor" in printed
    report = watched.model.version("stable").monitorings[-1]
    assert (report.span, report.examples, report.findings, report.action) == ("1", 220, (), None)
    assert kinds(watched, seq) == looked

    spans.write_span(watched.folder / "new", 2, spans.heavier(1000))
    printed = watched.look(capfd, "monitor.floor=0.5", "monitor.predecessor_tolerance=null")
    assert "penguin@1.2.0: alert: body_mass_g drifted: Jensen-Shannon distance 0." in printed
    report = watched.model.version("stable").monitorings[-1]
    assert [(one.code, one.subject) for one in report.findings] == [("drift", "body_mass_g")]
    assert report.findings[0].value == report.distances[0].distance > 0.2
    assert (report.span, report.action) == ("2", None)
    assert watched.model.stable().version == "1.2.0"

    older, newer = (watched.model.version(which).path for which in ("1.0.0", "1.2.0"))
    disputed = spans.answered_by(older, newer, 120)
    spans.write_span(watched.folder / "new", 3, disputed)
    seq = watched.model.state.seq
    printed = watched.look(capfd)
    assert f"{METRIC} overall of 1.2.0 is 0, required: >= 0.8" in printed
    report = watched.model.version("stable").monitorings[-1]
    assert {"below_floor", "below_predecessor"} <= {one.code for one in report.findings}
    assert (report.action.kind, report.action.version, report.action.standing) == (
        "rollback",
        "1.0.0",
        "proposed",
    )
    assert kinds(watched, seq) == looked
    assert watched.model.stable().version == "1.2.0"

    watched.look(capfd, "monitor.auto_rollback=true")
    assert kinds(watched, seq) == [*looked, *looked, ("rolled_back", "1.0.0")]
    assert watched.model.stable().version == "1.0.0"
    assert f"{METRIC} overall is 0 with 1.2.0, 1 with 1.0.0" in next(watched.model.newest_first()).reason


def test_all_of_it_is_in_ml_metadata_after_a_synchronisation(watched: Watched) -> None:
    found = findings(watched)
    assert [one["outcome"] for one in found] == ["normal", "alert", "alert", "alert"]
    assert [one.get("action_standing") for one in found] == [None, None, "proposed", "automatic"]
    assert {one["version"] for one in found} == {"1.2.0"}
    assert (found[1]["farthest_feature"], found[1]["findings"]) == ("body_mass_g", '["drift body_mass_g"]')
    done = CliRunner().invoke(
        app, ["sync", "--root", str(watched.root), "--metadata", str(watched.folder / "metadata.sqlite")]
    )
    assert done.exit_code == 0, done.stderr
    store = watched.store
    assert_each_once(watched.model, store)
    looks = store.get_executions_by_type("tfx_hallmark.Monitor")
    assert len(looks) == 4
    tied = store.get_events_by_execution_ids([looks[-1].id])
    [version] = store.get_artifacts_by_id([event.artifact_id for event in tied])
    assert version.custom_properties["version"].string_value == "1.2.0"
    assert store.get_executions_by_type("tfx_hallmark.Rollback")


def test_the_shipped_settings_are_read_and_what_is_wrong_in_them_is_one_line(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    rules = load_monitor_config(CONFIG).monitor.rules()
    assert (rules.floors[0].min, rules.auto_rollback, rules.auto_promote) == (0.8, False, False)
    for override, told in {
        "monitor.drift_numeric=3": "monitor.drift_numeric: should be less than or equal to 1",
        "monitor.auto_rolback=true": "unknown key; did you mean monitor.auto_rollback?",
        "runner.kind=spark": "runner.kind: should be one of",
    }.items():
        with pytest.raises(ConfigError) as caught:
            load_monitor_config(CONFIG, [override])
        assert told in str(caught.value)
    assert main(["--config", str(CONFIG), "--set", "monitor.drift_numeric=3"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_it_compiles_for_kubeflow_and_its_linter_has_nothing_against_it(watched: Watched) -> None:
    from pipeline.monitor_pipeline import create_monitor_pipeline
    from tfx_hallmark.orchestration.kubeflow import compile_for_kubeflow

    config = load_monitor_config(
        CONFIG, watched.settings("data.pattern='*.csv'", f"data.folder={ROOT}/pipeline/data")
    )
    pipeline = create_monitor_pipeline(config)
    pipeline.pipeline_info.pipeline_root = "gs://penguins/monitor"
    compiled: Any = compile_for_kubeflow(
        pipeline, image="example.org/hallmark:1", source_root=ROOT, registry_claim="hallmark-registry"
    )
    assert "tfx_hallmark.monitor.executor.Executor" in compiled.text
    assert "tfx_hallmark.MonitoringFindings" in compiled.text
    assert compiled.warnings == ()
