"""The penguin pipeline recorded in MariaDB, in PostgreSQL and by a metadata server: one run, then two at once."""

from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import msgspec
import pytest
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.databases.daemons import HOST
from tests.databases.metadata_server import metadata_server
from tests.databases.penguins import Penguins, ended, on_server
from tests.tfx.pipeline_pair import run_at_once
from tests.tfx.pipelines import Pipelines
from tests.tfx.workbench import NAME
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

COMPONENTS = 10


class Story(msgspec.Struct):
    """What was run: the first pipeline, and then two at once.

    Attributes:
        folder: Holds everything that was written.
        secret: The password; "" where there is none.
        connection: To the store.
        initialised: Twice `init_metadata`.
        runs: Of the pipeline.
    """

    folder: Path
    secret: str
    connection: mlmd.ConnectionConfig | mlmd.MetadataStoreClientConfig
    penguins: Penguins
    initialised: list[CompletedProcess[str]] = []
    runs: list[CompletedProcess[str]] = []

    @property
    def store(self) -> MetadataStore:
        return open_store(self.connection)

    @property
    def model(self) -> Model:
        return Registry.open(self.penguins.registry).model("penguin")

    def tell(self) -> "Story":
        penguins = self.penguins
        self.initialised = [penguins.run("init_metadata") for _ in range(2)]
        self.runs = [penguins.run("local_runner", "--verbose")]
        wider = [penguins.start("local_runner", *BETTER), penguins.start("local_runner", *STILL_BETTER)]
        self.runs.extend(ended(process) for process in wider)
        return self


BETTER = ("--set=trainer.steps=200", "--set=trainer.hidden_units=[16]")
STILL_BETTER = ("--set=trainer.steps=300", "--set=trainer.hidden_units=[32]")


@pytest.fixture(scope="module", params=["mysql", "postgresql", "grpc"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "grpc":
        file = mlmd.ConnectionConfig()
        file.sqlite.filename_uri = str(folder / "metadata.sqlite")
        file.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        with metadata_server(file) as served:
            section = {"backend": "grpc", "host": HOST, "port": served.port}
            yield Story(folder, "", served, Penguins(folder, section, {})).tell()
        return
    server = request.getfixturevalue(f"{request.param}_server")
    penguins = Penguins(folder, *on_server(server, "hallmark_penguins"))
    yield Story(folder, server.password, server.connection("hallmark_penguins"), penguins).tell()


def test_the_store_is_initialised_once(story):
    first, again = story.initialised
    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    if isinstance(story.connection, mlmd.ConnectionConfig):
        assert first.stdout.startswith("made ML Metadata's tables in the ")
    assert again.stdout.startswith("nothing to do: ")


def test_each_run_ends_in_a_recorded_verdict(story):
    assert [run.returncode for run in story.runs] == [0, 0, 0], [run.stderr[-2000:] for run in story.runs]
    assert "penguin@1.0.0 was published as release 1" in story.runs[0].stdout
    versions = story.model.versions()
    assert len(versions) == 3
    assert all(version.manifest.provenance.code.module_source for version in versions)
    assert all(version.verdict for version in versions)


def test_i3_stable_moves_only_to_what_beat_it(story):
    check_i3(story.model)


def check_i3(model: Model) -> list[Event]:
    """Checks that each release beat the one before, and gives the events of publishing."""
    published = [event for event in model.events() if event.kind == "published"]
    stable_before = [None, *(event.data.version for event in published)]
    assert [event.data.baseline for event in published] == stable_before[: len(published)]
    return published


def test_lineage_can_be_read_back(story):
    store = story.store
    executions = store.get_executions()
    assert len(executions) == 3 * COMPONENTS
    assert {execution.last_known_state for execution in executions} == {mlmd.Execution.COMPLETE}
    assert len(store.get_contexts_by_type("pipeline_run")) == 3
    pushed = {
        artifact.custom_properties["hallmark_version"].string_value: artifact
        for artifact in store.get_artifacts_by_type("PushedModel")
    }
    versions = story.model.versions()
    assert set(pushed) == {version.version for version in versions}
    for version in versions:
        artifact = pushed[version.version]
        assert artifact.custom_properties["hallmark_digest"].string_value == version.digest
        assert artifact.custom_properties["pushed"].int_value == bool(version.releases)
        assert {"Model", "ModelBlessing", "tfx_hallmark.ModelVersion"} <= inputs_of(store, artifact)


def inputs_of(store: MetadataStore, artifact: mlmd.Artifact) -> set[str]:
    """Gives the types of what the execution that made an artifact took in."""
    [made] = [one for one in store.get_events_by_artifact_ids([artifact.id]) if one.type == mlmd.Event.OUTPUT]
    events = store.get_events_by_execution_ids([made.execution_id])
    ids = [event.artifact_id for event in events if event.type == mlmd.Event.INPUT]
    return {artifact.type for artifact in store.get_artifacts_by_id(ids)}


# Credentials


@pytest.mark.parametrize("story", ["mysql", "postgresql"], indirect=True)
def test_the_password_is_nowhere(story):
    compiled = story.penguins.run("airflow3_compile", f"--out={story.folder}/compiled.json", *AIRFLOW)
    assert compiled.returncode == 0, compiled.stderr
    for done in (*story.initialised, *story.runs, compiled):
        assert story.secret not in done.stdout
        assert story.secret not in done.stderr
    assert "Using connection config" in story.runs[0].stderr + story.runs[0].stdout, "TFX logs no connection?"
    files = [path for path in story.folder.rglob("*") if path.is_file()]
    assert story.folder / "compiled.json" in files
    assert [path for path in files if story.secret.encode() in path.read_bytes()] == []
    store = story.store
    recorded = [*store.get_artifacts(), *store.get_executions(), *store.get_contexts()]
    assert story.secret not in "".join(map(str, recorded))


AIRFLOW = (
    "--set=runner.kind=airflow",
    "--set=runner.schedule=null",
    "--set=runner.start_date=2026-01-01",
    "--set=runner.retries=1",
    "--set=runner.retry_delay_seconds=1",
)


# What the runner says before it trains


def test_a_run_without_tables_says_so_before_anything_else(server, database, tmp_path):
    done = Penguins(tmp_path, *on_server(server, database)).run("local_runner")
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"error: the {'MySQL' if server.backend == 'mysql' else 'PostgreSQL'} database"
    )
    assert "python -m pipeline.init_metadata" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "imports" not in done.stdout


def test_init_metadata_says_what_is_wrong(server, database, tmp_path):
    section, environment = on_server(server, database)
    wrong = Penguins(tmp_path, section, {**environment, "HALLMARK_METADATA_PASSWORD": "not-the-password"})
    done = wrong.run("init_metadata")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"error: {HOST}:{server.port} does not let user 'hallmark' in" in done.stderr
    assert "not-the-password" not in done.stderr
    done = wrong.run("init_metadata", "--set=metadata.port=0")
    assert done.returncode == 2
    assert "metadata" in done.stderr


# Two at once that are held up until both have evaluated


def test_i3_of_two_pipelines_that_beat_the_same_baseline_one_becomes_stable(connection, tmp_path):
    initialise_store(connection)
    pipelines = Pipelines(tmp_path, tmp_path / "root")
    pipelines.connection = connection
    pipelines.run((20, 20))
    run_at_once(pipelines, (10, 10), (15, 15))
    model = Registry.open(pipelines.root).model(NAME)
    assert [event.data.release for event in check_i3(model)] == [1, 2]
    [refused] = [event.data.version for event in model.events() if event.kind == "refused"]
    assert [reason.text for reason in model.version(refused).verdict.reasons] == [
        "baseline moved from release 1 to release 2"
    ]
    pushed = pipelines.store.get_artifacts_by_type("PushedModel")
    assert sorted(one.custom_properties["pushed"].int_value for one in pushed) == [0, 1, 1]
