"""The penguin pipeline with its data work in two worker processes: the same outcome as in one process."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from tests.beam import bundle_record
from tests.orchestrators import local
from tests.orchestrators.story import lineage_shape
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.slow

SETTINGS = {
    "in_memory": "{runner: in_memory, extra: [--beam_plugins=tests.beam.bundle_record]}",
    "multi_processing": "{runner: multi_processing, workers: 2, extra: [--beam_plugins=tests.beam.bundle_record]}",
}
# As TFX labels them; of another package than its own it says that alone.
BEAM_COMPONENTS = {
    "CsvExampleGen": "tfx-components-example_gen-csv_example_gen-executor-executor",
    "StatisticsGen": "tfx-components-statistics_gen-executor-executor",
    "Transform": "tfx-components-transform-executor-executor",
    "BaselineEvaluator": "third_party_executor",
}


class Run:
    """What one run of the pipeline left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundles = bundle_record.bundles(folder / "bundles.txt")
        self.model = Registry.open(folder / "registry").model("penguin")
        self.version = self.model.version("stable")

    def artifact(self, component: str, output: str) -> Path:
        (found,) = (self.folder / "artifacts" / component / output).iterdir()
        return found

    def statistics(self, split: str):
        """Gives the statistics of each feature."""
        file = self.artifact("StatisticsGen", "statistics") / f"Split-{split}" / "FeatureStats.pb"
        (dataset,) = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes()).datasets
        return dataset.num_examples, {feature.path.step[0]: feature for feature in dataset.features}

    def schema(self):
        """Gives the schema, its features and domains by name: SchemaGen takes them as the statistics lie."""
        file = self.artifact("SchemaGen", "schema") / "schema.pbtxt"
        schema = text_format.Parse(file.read_text(), schema_pb2.Schema())
        for entries in (schema.feature, schema.string_domain):
            entries.sort(key=lambda entry: entry.name)
        return schema

    def comparisons(self):
        """Gives every value of the evidence, by what it is the value of."""
        return {
            (comparison.metric, comparison.slice, comparison.rule): comparison.candidate
            for comparison in self.version.evidence.comparisons
        }


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same run under both runners."""
    told = {}
    for runner, settings in SETTINGS.items():
        folder = tmp_path_factory.mktemp(runner)
        with pytest.MonkeyPatch.context() as patch, local.orchestrator(folder) as orchestrator:
            patch.setenv(bundle_record.FILE, str(folder / "bundles.txt"))
            orchestrator.run(f"beam={settings}")
        told[runner] = Run(folder)
    return told["in_memory"], told["multi_processing"]


def test_every_beam_component_worked_in_two_processes_of_its_own(runs):
    in_memory, multi_processing = runs
    assert in_memory.bundles == set()  # nothing but workers imports the plug-in
    workers = {
        component: {process for executor, process in multi_processing.bundles if executor == label}
        for component, label in BEAM_COMPONENTS.items()
    }
    assert {component: len(processes) for component, processes in workers.items()} == dict.fromkeys(
        BEAM_COMPONENTS, 2
    )
    assert len(set().union(*workers.values())) == 8


@pytest.mark.parametrize("split", ["train", "eval"])
def test_statistics_are_the_same(runs, split):
    (rows, expected), (same_rows, found) = (run.statistics(split) for run in runs)
    assert rows == same_rows > 0
    assert set(expected) == set(found)
    for name, feature in expected.items():
        # Sums of floats depend on the order of the rows, in the last digits.
        other = found[name]
        assert other.num_stats.std_dev == pytest.approx(feature.num_stats.std_dev, rel=1e-12)
        assert other.num_stats.mean == pytest.approx(feature.num_stats.mean, rel=1e-12)
        for either in (feature, other):
            either.num_stats.std_dev = either.num_stats.mean = 0
        assert other == feature


def test_the_schema_is_the_same(runs):
    in_memory, multi_processing = runs
    assert in_memory.schema() == multi_processing.schema()


def test_the_verdict_is_the_same_and_so_is_every_value_that_led_to_it(runs):
    in_memory, multi_processing = runs
    assert len(in_memory.comparisons()) == 4
    assert multi_processing.comparisons() == pytest.approx(in_memory.comparisons())
    verdicts = [(run.version.verdict.outcome, run.version.verdict.reasons) for run in runs]
    assert verdicts[0] == verdicts[1]
    assert [str(run.version) for run in runs] == ["penguin@1.0.0"] * 2


def test_the_registry_and_ml_metadata_tell_the_same_story(runs):
    events = [[(event.kind, event.data.version) for event in run.model.events()] for run in runs]
    assert events[0] == events[1] == [("tagged", "1.0.0"), ("published", "1.0.0")]
    shapes = [lineage_shape(run.folder / "metadata.sqlite") for run in runs]
    assert shapes[0] == shapes[1]
    counts = [run.version.manifest.provenance.data.records for run in runs]
    assert counts[0] == counts[1] == {"train": 204, "eval": 140}
