"""One node of a compiled pipeline as a process: how it ends, and how it is tried again."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from absl import logging
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import v1 as tfx

from tests.killer import Killer
from tests.tfx.node_components import read_word, write_word
from tests.tfx.pipelines import Pipelines
from tests.tfx.workbench import NAME
from tfx_hallmark.orchestration.compiled import CompiledPipelineError, compile_pipeline, read_compiled
from tfx_hallmark.orchestration.node import main
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.registry import Registry

ROOT = Path(__file__).parents[2]
RUN = "manual__2026-11-21T00:00:00.5+00:00"
WRITE, READ = "write_word", "read_word"


@pytest.fixture(autouse=True)
def _as_quiet_as_before():
    verbosity = logging.get_verbosity()
    yield
    logging.set_verbosity(verbosity)


class Words:
    """The compiled pipeline of two components, and what came of its runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "words.json"
        self.connection = tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(folder / "mlmd.sqlite")
        )
        writer = write_word(folder=str(folder)).with_id(WRITE)
        compile_pipeline(
            self.pipeline(writer, read_word(word=writer.outputs["word"]).with_id(READ)), self.file
        )

    def pipeline(self, *components, **changes) -> tfx.dsl.Pipeline:
        arguments = {
            "pipeline_name": "words",
            "pipeline_root": str(self.folder / "artifacts"),
            "metadata_connection_config": self.connection,
            "components": list(components),
        }
        return tfx.dsl.Pipeline(**{**arguments, **changes})

    def ask(self, wish: str) -> None:
        """Says what `write_word` shall do the next time."""
        (self.folder / "todo").write_text(wish)

    def run(self, node: str, run_id: str = RUN) -> int:
        return main([str(self.file), node, f"--run-id={run_id}"])

    def start(self, node: str, *search: Path) -> subprocess.Popen:
        return start(self.file, node, *search)

    @property
    def starts(self) -> int:
        """How often `write_word` was started."""
        return len((self.folder / "starts").read_text().splitlines())

    def executions(self) -> list[mlmd.Execution]:
        return metadata_store.MetadataStore(self.connection).get_executions()

    def states(self) -> list[str]:
        return [mlmd.Execution.State.Name(execution.last_known_state) for execution in self.executions()]


def start(file: Path, node: str, *search: Path) -> subprocess.Popen:
    paths = [*search, ROOT, ROOT / "components"]
    return subprocess.Popen(
        [sys.executable, "-m", "tfx_hallmark.orchestration.node", str(file), node, f"--run-id={RUN}"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def words(tmp_path):
    return Words(tmp_path)


def lines(text: str) -> list[str]:
    """The lines that are ours, among what TFX logs."""
    return [line for line in text.splitlines() if line.startswith("error: ")]


def test_nodes_run_one_by_one_and_runs_stay_apart(words, capsys):
    assert [words.run(node) for node in (WRITE, READ)] == [0, 0]
    assert capsys.readouterr().out.splitlines()[-1] == f"read_word of run {RUN}: complete"
    assert [words.run(node, "another run") for node in (WRITE, READ)] == [0, 0]
    store = metadata_store.MetadataStore(words.connection)
    runs = {context.name: context.id for context in store.get_contexts_by_type("pipeline_run")}
    assert set(runs) == {RUN, "another run"}
    for run in runs.values():
        assert len(store.get_executions_by_context(run)) == 2
        assert len(store.get_artifacts_by_context(run)) == 2
    assert words.states() == ["COMPLETE"] * 4


def test_a_node_that_ended_well_is_not_run_again(words, capsys):
    assert words.run(WRITE) == 0
    assert words.run(WRITE) == 0
    assert (
        capsys.readouterr().out.splitlines()[-1] == f"write_word of run {RUN}: ended well before, in this run"
    )
    assert words.starts == 1
    assert words.states() == ["COMPLETE"]


def test_unresolved_inputs_are_an_error_and_are_recorded_once_they_are_there(words, capsys):
    assert words.run(READ) == 1
    [line] = lines(capsys.readouterr().err)
    assert line.startswith("error: read_word was not run, for its inputs could not be resolved: ")
    assert "it waits for write_word" in line
    assert words.states() == ["FAILED"]
    assert [words.run(node) for node in (WRITE, READ)] == [0, 0]
    assert words.states() == ["COMPLETE", "COMPLETE"]
    reader = words.executions()[0]
    assert not any("result" in key for key in reader.custom_properties), "the error is off the record"
    events = metadata_store.MetadataStore(words.connection).get_events_by_execution_ids([reader.id])
    assert [(event.type, event.path.steps[0].key) for event in events] == [
        (mlmd.Event.OUTPUT, "length"), (mlmd.Event.INPUT, "word")
    ]  # fmt: skip


def test_what_a_component_raises_is_one_line_below_its_traceback(words, capsys):
    words.ask("fail")
    assert words.run(WRITE) == 1
    printed = capsys.readouterr().err
    assert printed.splitlines()[-1] == "error: write_word failed: ValueError: boom (traceback above)"
    assert "Traceback" in printed
    assert words.states() == ["FAILED"]
    assert words.run(WRITE) == 0
    assert words.states() == ["COMPLETE"]


def test_an_error_of_ours_is_shown_as_it_is(words, capsys):
    words.ask("fail as ours")
    assert words.run(WRITE) == 1
    printed = capsys.readouterr().err
    assert printed.splitlines()[-1] == "error: no rows in /data"
    assert "Traceback" not in printed


def test_a_killed_node_starts_over_in_the_same_execution(words):
    words.ask("kill")
    assert words.start(WRITE).wait() == -9
    assert words.states() == ["RUNNING"]
    [output] = (words.folder / "artifacts" / WRITE / "word").iterdir()
    assert (output / "half").exists(), "the kill was in the middle"
    # The component checks that the half is gone.
    assert [words.run(node) for node in (WRITE, READ)] == [0, 0]
    assert words.states() == ["COMPLETE", "COMPLETE"]
    assert words.starts == 2
    assert (output / "value").read_text() == "word"


def test_two_processes_do_not_work_at_one_node_of_a_run(words, capsys):
    for pipe in ("running", "go"):
        os.mkfifo(words.folder / pipe)
    words.ask("wait")
    first = words.start(WRITE)
    try:
        (words.folder / "running").open().close()
        assert words.run(WRITE) == 1
        [line] = lines(capsys.readouterr().err)
        assert line.startswith(f"error: another process is at work on write_word of run {RUN} ")
        assert words.run(WRITE, "another run") == 0
        (words.folder / "go").open().close()
        assert first.wait() == 0
    finally:
        first.kill()
    assert words.states() == ["COMPLETE", "COMPLETE"]
    assert words.run(WRITE) == 0


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text[:100], "is not a compiled pipeline"),
        (lambda text: "[]", "is not a compiled pipeline"),
        (lambda text: text.replace('"upstream": [', '"upstream": [1,', 1), "is not a compiled pipeline"),
        (lambda text: text.replace('"format": 1', '"format": 2'), "has format 2, and this tfx-hallmark reads 1"),
        (lambda text: text.replace(tfx.__version__, "1.2.3"), "was compiled by TFX 1.2.3, and this is TFX 1."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_line(words, capsys, change, complaint):
    words.file.write_text(change(words.file.read_text()))
    assert words.run(WRITE) == 2
    assert re.fullmatch(
        rf"error: {words.file} {re.escape(complaint)}[^\n]*: compile it again[^\n]*\n",
        capsys.readouterr().err,
    )


def test_wrong_usage_is_one_line(words, capsys):
    assert words.run("Writer") == 2
    error = capsys.readouterr().err
    assert (
        error == f"error: pipeline words in {words.file} has no node 'Writer': it has write_word, read_word\n"
    )
    assert words.run(WRITE, "") == 2
    assert capsys.readouterr().err.startswith("error: --run-id is empty")
    words.file.unlink()
    assert words.run(WRITE) == 2
    assert capsys.readouterr().err.startswith(f"error: no compiled pipeline at {words.file}: ")
    words.file.mkdir()
    assert words.run(WRITE) == 2
    assert capsys.readouterr().err.startswith(f"error: the compiled pipeline {words.file} cannot be read: ")


def test_a_condition_that_does_not_hold_skips_a_node(words):
    writer = write_word(folder=str(words.folder)).with_id(WRITE)
    with tfx.dsl.Cond(writer.outputs["word"].future()[0].value == "another word"):
        reader = read_word(word=writer.outputs["word"]).with_id(READ)
    compile_pipeline(words.pipeline(writer, reader), words.file)
    assert [words.run(node) for node in (WRITE, READ)] == [0, 99]
    assert words.states() == ["COMPLETE"]


def test_tfx_own_nodes_can_be_run_again(words, capsys):
    (words.folder / "schema").mkdir()
    importer = tfx.dsl.Importer(
        source_uri=str(words.folder / "schema"), artifact_type=tfx.types.standard_artifacts.Schema
    ).with_id("importer")
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
    ).with_id("resolver")
    compile_pipeline(words.pipeline(importer, resolver), words.file)
    assert [words.run("importer"), words.run("importer")] == [0, 0]
    assert words.states() == ["COMPLETE"]
    # There is no model, of which LocalDagRunner says nothing.
    assert [words.run("resolver"), words.run("resolver")] == [1, 1]
    assert words.states() == ["COMPLETE", "FAILED", "FAILED"]
    assert len(lines(capsys.readouterr().err)) == 2


def test_a_killed_importer_leaves_nothing_that_seems_to_run(words):
    importer = tfx.dsl.Importer(
        source_uri=str(words.folder), artifact_type=tfx.types.standard_artifacts.Schema
    ).with_id("importer")
    compile_pipeline(words.pipeline(importer), words.file)
    assert words.run("importer") == 0
    [killed] = words.executions()
    killed.last_known_state = mlmd.Execution.RUNNING  # as the importer registers it before it imports
    metadata_store.MetadataStore(words.connection).put_executions([killed])
    assert words.run("importer") == 0
    assert words.states() == ["FAILED", "CACHED"]


def test_compiling_again_gives_the_same_file(words):
    before = words.file.read_bytes()
    Words(words.folder)
    assert words.file.read_bytes() == before
    assert [path.name for path in words.folder.iterdir() if path.name.startswith(".")] == []


def test_a_password_is_in_no_file(words, capsys, monkeypatch):
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))  # and does not listen
    port = nobody.getsockname()[1]
    connection = tfx.orchestration.metadata.mysql_metadata_connection_config(
        "127.0.0.1", port, "mlmd", "me", "s3cret-words"
    )
    writer = write_word(folder=str(words.folder)).with_id(WRITE)
    compile_pipeline(words.pipeline(writer, metadata_connection_config=connection), words.file)
    data = words.file.read_bytes()
    assert b"s3cret" not in data + base64.b64decode(json.loads(data)["ir"])
    assert read_compiled(words.file).password_left_out
    monkeypatch.delenv("HALLMARK_METADATA_PASSWORD", raising=False)
    assert words.run(WRITE) == 2
    [line] = lines(capsys.readouterr().err)
    assert "set HALLMARK_METADATA_PASSWORD" in line
    monkeypatch.setenv("HALLMARK_METADATA_PASSWORD", "s3cret-words")
    assert words.run(WRITE) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert f"127.0.0.1:{port}" in line
    assert "s3cret" not in line
    nobody.close()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pipeline_root": "artifacts"}, "pipeline root 'artifacts' is relative"),
        ({"metadata_connection_config": None}, "no metadata_connection_config"),
        (
            {"metadata_connection_config": mlmd.MetadataStoreClientConfig(
                host="store", port=8080, ssl_config={"client_key": "key"}
            )},
            "holds a private key",
        ),
        (
            {"metadata_connection_config": mlmd.ConnectionConfig(
                sqlite=mlmd.SqliteMetadataSourceConfig(filename_uri="mlmd.sqlite")
            )},
            "metadata file 'mlmd.sqlite' is relative",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_run_from_a_file_is_not_compiled(words, changes, complaint):
    before = words.file.read_bytes()
    writer = write_word(folder=str(words.folder)).with_id(WRITE)
    with pytest.raises(ConfigError, match=complaint):
        compile_pipeline(words.pipeline(writer, **changes), words.file)
    assert words.file.read_bytes() == before


def test_a_pipeline_within_a_pipeline_is_not_compiled(words):
    inner = words.pipeline(write_word(folder=str(words.folder)).with_id(WRITE), pipeline_name="inner")
    with pytest.raises(ConfigError, match="pipeline words has a pipeline within it"):
        compile_pipeline(words.pipeline(inner), words.file)


def test_a_compiled_pipeline_is_read_without_tfx(words):
    code = (
        "import sys; from pathlib import Path; from tfx_hallmark.orchestration.compiled import read_compiled;"
        "nodes = read_compiled(Path(sys.argv[1])).nodes;"
        "assert not {'tfx', 'tensorflow', 'ml_metadata', 'google.protobuf'} & set(sys.modules);"
        "print([(node.id, node.upstream) for node in nodes])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(words.file)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "components")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.stdout) == ("", f"{[(WRITE, ()), (READ, (WRITE,))]}\n")


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(CompiledPipelineError, match="compile it in the TFX environment"):
        read_compiled(tmp_path / "none.json")


def test_nodes_that_start_at_once_do_not_disturb_each_other(words):
    ids = [f"writer_{number}" for number in range(4)]
    for name in ids:
        (words.folder / name).mkdir()
    writers = [write_word(folder=str(words.folder / name)).with_id(name) for name in ids]
    compile_pipeline(words.pipeline(*writers), words.file)
    # On a metadata file that is not there yet, too.
    assert [process.wait() for process in [words.start(name) for name in ids]] == [0] * len(ids)
    assert words.states() == ["COMPLETE"] * len(ids)


def test_a_pusher_that_is_killed_again_and_again_publishes_one_release(tmp_path):
    pipelines = Pipelines(tmp_path, tmp_path / "root")
    file = tmp_path / "tiny.json"
    compiled = compile_pipeline(pipelines.define((20, 20)), file)
    *others, pusher = [node.id for node in compiled.nodes]
    assert [main([str(file), node, f"--run-id={RUN}"]) for node in others] == [0] * len(others)
    # Before the log says that it is published; before the directory gets its number; amid TFX's own copy.
    endings = ["/log/00000000000000000002.json", f"/root/{NAME}/1", "/variables/variables.index"]
    killer = Killer(tmp_path / "killer", pusher, endings)
    codes = [start(file, pusher, killer.folder).wait() for _ in range(4)]
    assert (codes, killer.kills) == ([-9, -9, -9, 0], 3)
    registered = Registry.open(pipelines.root).model(NAME)
    assert [event.kind for event in registered.events()] == ["tagged", "published"]
    assert sorted(path.name for path in (pipelines.root / NAME).iterdir()) == ["1"]
    executions = pipelines.store.get_executions()
    assert [execution.last_known_state for execution in executions] == [mlmd.Execution.COMPLETE] * 6
    [pushed] = pipelines.store.get_artifacts_by_type("PushedModel")
    assert Path(pushed.uri, "variables", "variables.index").exists()
    assert pushed.custom_properties["pushed_version"].string_value == "1"
