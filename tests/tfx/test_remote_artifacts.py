"""Artifacts that lie in an object store: the same versions, digests and verdicts as with local ones."""

import copy
import subprocess
import tempfile
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from tfx.dsl.io import fileio
from tfx.types import standard_artifacts

from tests.tfx import tiny_model
from tests.tfx.kubeflow_task import run_task
from tests.tfx.object_stores import Registered, contents, new_bucket, upload, uploaded
from tests.tfx.one_line import OneLine
from tests.tfx.workbench import (
    BEAM_ARGS,
    NAME,
    Bench,
    Candidate,
    as_channel,
    make_artifact,
    make_model,
    moved_to,
)
from tfx_hallmark.baseline.executor import Executor as BaselineExecutor
from tfx_hallmark.cli import show_command
from tfx_hallmark.registry.errors import (
    ConfigError,
    DataError,
    DigestMismatchError,
    EvidenceError,
    InvalidModelError,
    StorageError,
)


class RemoteBench(Bench):
    """A bench whose components run by Kubeflow's entry point and write into a store; its registry is local."""

    def __init__(self, folder, examples, bucket):
        super().__init__(folder, examples)
        self.bucket = bucket

    def launch(self, component):
        return run_task(component, self.bucket, BEAM_ARGS)

    def take(self, model):
        """Gives a candidate of the same bytes as a local one's."""
        return Candidate(model=uploaded(model, f"{self.bucket}/Trainer/{model.id}"))


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where temporary copies go; they must be gone again after each test."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.glob("hallmark-*"))


def make_remote(folder, examples, scheme):
    bucket = new_bucket(scheme)
    return RemoteBench(folder, uploaded(examples, f"{bucket}/ExampleGen"), bucket)


@pytest.fixture(params=["ram", "memory"])
def remote(request, tmp_path, examples, scratch):
    """A bench in each of the stores."""
    return make_remote(tmp_path / "remote", examples, request.param)


@pytest.fixture
def ram(tmp_path, examples, scratch):
    """A bench in the store that Beam and TensorFlow know too."""
    return make_remote(tmp_path / "remote", examples, "ram")


@pytest.fixture
def memory(tmp_path, examples, scratch):
    """A bench in the store that TFX alone knows, and that can break off."""
    yield make_remote(tmp_path / "remote", examples, "memory")
    Registered.breaking.clear()


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def without_place(data):
    return msgspec.structs.replace(data, uri="", statistics_uri=None)


# The same as local


def lineage(bench):
    """Makes what a Trainer has besides examples, as local artifacts."""
    made = {}
    for key, kind, name, text in (
        ("schema", standard_artifacts.Schema, "schema.pbtxt", 'feature { name: "row" }'),
        ("statistics", standard_artifacts.ExampleStatistics, "Split-eval/FeatureStats.pb", "statistics"),
        (
            "hyperparameters",
            standard_artifacts.HyperParameters,
            "best_hyperparameters.txt",
            '{"values": {"depth": 5}}',
        ),
    ):
        made[key] = make_artifact(kind, bench.new_folder())
        file = Path(made[key].uri) / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    made["transform_graph"] = make_artifact(standard_artifacts.TransformGraph, bench.new_folder())
    tiny_model.save(Path(made["transform_graph"].uri) / "transform_fn", (0, 0))
    return made


def test_what_a_model_was_made_from_is_recorded_the_same(bench, remote):
    bench.examples = copy.deepcopy(bench.examples)
    for examples in (bench.examples, remote.examples):
        examples.set_int_custom_property("span", 12)
    inputs = lineage(bench)
    local = bench.tag(bench.train(20, 20), **{key: as_channel(one) for key, one in inputs.items()})
    candidate = remote.tag(
        remote.take(local.model),
        **{key: as_channel(uploaded(one, f"{remote.bucket}/{key}")) for key, one in inputs.items()},
    )
    here, there = bench.registered.version("1.0.0").manifest, remote.registered.version("1.0.0").manifest
    assert (there.digest, there.files, there.structure) == (here.digest, here.files, here.structure)
    data = there.provenance.data
    assert without_place(data) == without_place(here.provenance.data)
    assert (data.uri, data.span, data.records) == (remote.examples.uri, "12", {"eval": 200})
    assert all((data.digest, data.schema, data.statistics, data.transform_graph))
    assert there.provenance.preprocessing == here.provenance.preprocessing is not None
    assert there.provenance.hyperparameters == here.provenance.hyperparameters == {"depth": 5}
    with fileio.open(f"{candidate.model_version.uri}/manifest.json", "rb") as file:
        assert msgspec.json.decode(file.read(), type=type(there)) == there


def test_baseline_is_the_release_whatever_lay_in_its_place(serving, remote):
    bench, first = serving
    candidate = Candidate(
        model=remote.take(bench.train(10, 10).model).model, model_version=first.model_version
    )
    remote.hand_out_baseline(candidate)
    release = files_of(bench.registered.release_path(1))
    assert contents(candidate.baseline.uri) == {
        f"Format-Serving/{name}": data for name, data in release.items()
    }
    assert candidate.baseline.get_int_custom_property("exists") == 1


def summary(bench):
    """Gives what became of every version, without times, places and ids."""
    return [
        (
            version.version,
            version.digest,
            without_place(version.manifest.provenance.data),
            version.verdict.outcome,
            version.verdict.sentence,
            version.verdict.evidence,
        )
        for version in bench.registered.versions()
    ], [event.kind for event in bench.registered.events()]


@pytest.fixture(scope="module")
def _first_in_ram(tmp_path_factory, examples, published):
    ram = make_remote(tmp_path_factory.mktemp("ram"), examples, "ram")
    return ram, ram.prepare(ram.take(published[1].model))


@pytest.fixture
def first_in_ram(_first_in_ram, tmp_path, scratch):
    """A first model in the store that was evaluated there and not pushed yet, and a private copy of its registry."""
    ram, first = _first_in_ram
    own = RemoteBench(tmp_path / "own", ram.examples, ram.bucket)
    return own, moved_to(ram, first, own.folder)[1]


def not_infra_blessed(folder):
    blessing = make_artifact(standard_artifacts.InfraBlessing, folder)
    blessing.set_int_custom_property("blessed", 0)
    return as_channel(blessing)


def test_life_of_a_model_on_kubeflow_is_as_on_this_machine(first_in_ram, evaluated, tmp_path):
    local, better = evaluated(10, 10)
    ram, first = first_in_ram
    assert ram.push(first).get_string_custom_property("pushed_version") == "1"
    there = ram.prepare(ram.take(better.model))
    refused = {"infra_blessing": not_infra_blessed(tmp_path / "infra")}
    for bench, candidate in ((local, better), (ram, there)):
        assert bench.push(candidate, **refused).get_int_custom_property("pushed") == 0
        pushed_model = bench.push(candidate)
        assert pushed_model.get_int_custom_property("pushed") == 1
        assert pushed_model.get_string_custom_property("pushed_version") == "2"
    assert summary(ram) == summary(local)
    assert contents(pushed_model.uri) == files_of(ram.registered.path / "2")
    assert contents(pushed_model.uri).keys() == files_of(local.registered.path / "2").keys()


def test_what_kubeflow_tells_of_a_run_is_on_record_and_nothing_made_up(ram, published):
    candidate = ram.tag(ram.take(published[1].model), run_id="run-7")
    run = ram.registered.version("1.0.0").manifest.provenance.run
    assert (run.orchestrator, run.run_id, run.pipeline) == ("kubeflow", "run-7", None)
    # The entry point makes ids of names, which nobody could look up.
    assert (run.model_uri, run.model_id) == (candidate.model.uri, None)
    shown = CliRunner().invoke(show_command.command, [f"{NAME}@1.0.0", "--root", str(ram.root)])
    assert "kubeflow" in shown.output
    assert "run-7" in shown.output


def test_i7_tasks_that_are_run_again_change_nothing(first_in_ram):
    ram, first = first_in_ram
    for _ in range(2):
        assert ram.push(ram.tag(first)).get_string_custom_property("pushed_version") == "1"
    assert kinds(ram) == ["tagged", "published"]


# Errors


def kinds(bench):
    return [event.kind for event in bench.registered.events()] if bench.root.exists() else []


def recorded_nothing(bench, error, *parts):
    """Expects one line that records nothing."""
    return OneLine(lambda: kinds(bench), error, *parts)


@pytest.mark.parametrize("key", ["model", "examples", "schema"])
def test_scheme_that_nothing_knows_a_file_system_for(bench, key):
    model = bench.train(20, 20).model
    given = {"examples": copy.deepcopy(bench.examples), "schema": standard_artifacts.Schema(), "model": model}
    given[key].uri = "s3://bucket/somewhere"
    with recorded_nothing(bench, ConfigError, "s3://bucket/somewhere", "no file system for s3://", "gs://"):
        bench.tag(
            Candidate(model=given.pop("model")), **{name: as_channel(one) for name, one in given.items()}
        )


def hand_out(candidate, uri):
    """Runs StableBaseline's executor on an output of that uri."""
    baseline = standard_artifacts.Model()
    baseline.uri = uri
    inputs = {"model": [candidate.model], "model_version": [candidate.model_version]}
    BaselineExecutor().Do(inputs, {"baseline": [baseline]}, {})


def test_baseline_into_a_scheme_that_nothing_knows_a_file_system_for(serving):
    bench, first = serving
    with recorded_nothing(bench, ConfigError, "s3://bucket/baseline", "no file system for s3://"):
        hand_out(first, "s3://bucket/baseline")


def test_evaluation_in_a_scheme_that_nothing_knows_a_file_system_for(evaluated):
    bench, candidate = evaluated(10, 10)
    candidate.evaluation.uri = "s3://bucket/evaluation"
    with recorded_nothing(bench, ConfigError, "s3://bucket/evaluation", "no file system for s3://"):
        bench.push(candidate)


@pytest.mark.parametrize(
    ("file", "folder"),
    [
        ("saved_model.pb", "Format-Serving"),
        ("variables.data-00000-of-00001", "Format-Serving"),
        ("data_tfrecord-00000-of-00001.gz", "ExampleGen/Split-eval"),
    ],
)
def test_store_that_breaks_off_while_a_model_is_tagged(memory, published, file, folder):
    candidate = memory.take(published[1].model)
    Registered.breaking.add(file)
    with recorded_nothing(memory, StorageError, memory.bucket, folder, "the store closed the connection"):
        memory.tag(candidate)
    Registered.breaking.clear()
    memory.tag(candidate)
    assert kinds(memory) == ["tagged"]


def test_store_that_breaks_off_while_the_baseline_is_handed_out(serving, memory):
    bench, first = serving
    uri = f"{memory.bucket}/baseline"
    Registered.breaking.add("variables.index")
    with recorded_nothing(bench, StorageError, uri, "the store closed the connection"):
        hand_out(first, uri)
    # Without its graph nobody can take it for a model.
    assert "Format-Serving/variables/variables.index" in contents(uri)
    assert "Format-Serving/saved_model.pb" not in contents(uri)
    Registered.breaking.clear()
    upload(bench.registered.release_path(1), f"{uri}/Format-Serving/left-over")
    hand_out(first, uri)
    release = files_of(bench.registered.release_path(1))
    assert contents(uri) == {f"Format-Serving/{name}": data for name, data in release.items()}


def test_split_that_is_missing_from_the_store(remote, published):
    remote.examples.split_names = '["eval", "train"]'
    with recorded_nothing(remote, DataError, remote.examples.uri, "run ExampleGen again"):
        remote.tag(remote.take(published[1].model))


def test_model_that_is_missing_from_the_store(remote):
    model = make_artifact(standard_artifacts.Model, Path("model"))
    model.uri = f"{remote.bucket}/Trainer/nowhere"
    with recorded_nothing(remote, InvalidModelError, f"{model.uri}/Format-Serving"):
        remote.tag(Candidate(model=model))


def test_directory_in_the_store_that_is_no_model_is_named_by_its_uri(remote, published):
    candidate = remote.take(published[1].model)
    fileio.rmtree(f"{candidate.model.uri}/Format-Serving")
    upload(Path(published[1].model.uri) / "Format-Serving", f"{candidate.model.uri}/Format-Serving/deeper")
    with recorded_nothing(remote, InvalidModelError, f"give {candidate.model.uri}/Format-Serving/deeper"):
        remote.tag(candidate)


def test_i8_model_in_the_store_that_is_not_what_was_tagged(first_in_ram, tmp_path):
    ram, first = first_in_ram
    # The evaluation does not look at the model's bytes, and another version's number leads to other bytes.
    other = ram.tag(ram.take(make_model(tmp_path / "other", (0, 0))))
    first.model_version.set_string_custom_property(
        "version", other.model_version.get_string_custom_property("version")
    )
    with recorded_nothing(
        ram, DigestMismatchError, f"{first.model.uri}/Format-Serving is not what was tagged"
    ):
        ram.push(first)


def test_evaluation_that_is_missing_from_the_store(first_in_ram):
    ram, first = first_in_ram
    first.evaluation.uri = f"{ram.bucket}/Evaluator/nowhere"
    with recorded_nothing(
        ram, EvidenceError, f"evaluation {first.evaluation.uri} is missing", "run the Evaluator again"
    ):
        ram.push(first)


def test_names_in_the_store_that_lead_out_of_the_copy(memory, published, monkeypatch):
    candidate = memory.take(published[1].model)
    monkeypatch.setattr(Registered, "listdir", staticmethod(lambda path: ["../", "saved_model.pb"]))
    with recorded_nothing(memory, StorageError, candidate.model.uri, "'..'"):
        memory.tag(candidate)


@pytest.fixture
def small_disk(scratch):
    """Lets temporary copies go to a disk of 64 KiB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(scratch)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a tmpfs: run as root with CAP_SYS_ADMIN")
    yield scratch
    assert not list(scratch.iterdir())
    subprocess.run(["umount", "-l", str(scratch)], check=True)


def test_disk_too_small_for_the_temporary_copy(small_disk, remote, published, tmp_path):
    candidate = remote.take(published[1].model)
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "words").write_bytes(bytes(2**20))
    upload(tmp_path / "words", f"{candidate.model.uri}/Format-Serving/assets")
    with recorded_nothing(remote, StorageError, "no space left", candidate.model.uri, small_disk, "TMPDIR"):
        remote.tag(candidate)
