"""What a second attempt of any node finds and leaves in ML Metadata, wherever the first one died."""

import itertools
from pathlib import Path

import pytest
from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import v1 as tfx
from tfx.orchestration.launcher.in_process_component_launcher import InProcessComponentLauncher
from tfx.types import standard_artifacts

from tests.airflow.airflow2_nodes import Deaths, DiedError, Nodes, die, half_way, make, use
from tfx_hallmark.orchestration.airflow2_retries import retry_safe
from tfx_hallmark.registry.errors import NotFoundError


@pytest.fixture(scope="module")
def launcher():
    return retry_safe(InProcessComponentLauncher)


@pytest.fixture
def nodes(tmp_path, launcher):
    return Nodes(tmp_path, launcher)


def using(made, run_id="run-1", node_id="use"):
    return use(
        model=made.outputs["model"], score=made.outputs["score"], run_id=run_id, pipeline_run_id=f"<{run_id}>"
    ).with_id(node_id)


def chain(text="text"):
    made = make(text=text)
    return [made, using(made)]


def imported(reimport):
    def build(folder):
        (folder / "given").mkdir(exist_ok=True)
        return tfx.dsl.Importer(
            source_uri=str(folder / "given"), artifact_type=standard_artifacts.Schema, reimport=reimport
        )

    return build


def outputs(nodes, execution):
    """Gives the output artifacts of an execution, by key."""
    found: dict[str, list] = {}
    for event in nodes.store.get_events_by_execution_ids([execution.id]):
        if event.type == mlmd.Event.OUTPUT:
            key = event.path.steps[0].key
            found.setdefault(key, []).extend(nodes.store.get_artifacts_by_id([event.artifact_id]))
    return found


def check_record(nodes, keys):
    """Checks that each node has one execution, that it ended, and that each of its outputs is one artifact."""
    for execution, expected in zip(nodes.store.get_executions(), keys, strict=True):
        assert execution.last_known_state in (mlmd.Execution.COMPLETE, mlmd.Execution.CACHED)
        found = outputs(nodes, execution)
        assert sorted(found) == sorted(expected)
        for artifacts in found.values():
            assert len(artifacts) == 1
            # TFX sets no state on what an Importer brings in.
            assert artifacts[0].state == mlmd.Artifact.LIVE or "is_external" in artifacts[0].custom_properties


def files(nodes, node_number, key):
    (artifact,) = outputs(nodes, nodes.store.get_executions()[node_number])[key]
    return {path.name: path.read_text() for path in Path(artifact.uri).iterdir()}


# Why there is a runner of ours


def test_tfx_launcher_dies_on_a_retry(tmp_path):
    nodes = Nodes(tmp_path, InProcessComponentLauncher)
    half_way.append(die)
    with pytest.raises(DiedError):
        nodes.launch(make(text="text"))
    with pytest.raises(errors.AlreadyExistsError, match="node already exists"):
        nodes.launch(make(text="text"))


def test_tfx_launcher_refuses_outputs_of_one_type_and_key_and_a_parameter_called_run_id(tmp_path):
    nodes = Nodes(tmp_path, InProcessComponentLauncher)
    made = make(text="text").with_id("one")
    nodes.launch(made)
    with pytest.raises(errors.AlreadyExistsError):
        nodes.launch(make(text="text").with_id("other"))
    with pytest.raises(AssertionError, match="reserved key run_id"):
        nodes.launch(using(made))


# Retries


@pytest.mark.parametrize("after", [False, True])
def test_nodes_may_die_at_any_write_and_are_retried(tmp_path, launcher, monkeypatch, after):
    for at in itertools.count(1):
        nodes = Nodes(tmp_path / f"{at}", launcher)
        deaths = Deaths(at, after)
        with monkeypatch.context() as patch:
            put = deaths.put_execution(metadata_store.MetadataStore.put_execution)
            patch.setattr(metadata_store.MetadataStore, "put_execution", put)
            for node in chain():
                try:
                    nodes.launch(node)
                except DiedError:
                    nodes.launch(node)
        check_record(nodes, [["model", "score", "spare"], ["copied"]])
        assert files(nodes, 1, "copied") == {
            "first": "text 4 run-1 <run-1>",
            "second": "text 4 run-1 <run-1>",
        }
        if deaths.writes < at:
            break
    assert at > 6


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("reimport", [False, True])
def test_an_importer_may_die_at_any_write_and_is_retried(tmp_path, launcher, monkeypatch, after, reimport):
    for at in itertools.count(1):
        nodes = Nodes(tmp_path / f"{at}", launcher)
        importer = imported(reimport)(tmp_path)
        deaths = Deaths(at, after)
        with monkeypatch.context() as patch:
            put = deaths.put_execution(metadata_store.MetadataStore.put_execution)
            patch.setattr(metadata_store.MetadataStore, "put_execution", put)
            try:
                nodes.launch(importer)
            except DiedError:
                nodes.launch(imported(reimport)(tmp_path))
        check_record(nodes, [["result"]])
        ((artifact,),) = outputs(nodes, nodes.store.get_executions()[0]).values()
        assert (artifact.uri, artifact.name) == (str(tmp_path / "given"), "")
        if deaths.writes < at:
            break
    assert at > 2


def test_a_resolver_that_is_retried_hands_out_what_it_did_at_first(nodes):
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        model=tfx.dsl.Channel(
            type=standard_artifacts.Model, producer_component_id="make", output_key="model"
        ),
    ).with_id("latest")
    nodes.launch(make(text="old"), "run-1")
    nodes.launch(resolver, "run-2")
    nodes.launch(make(text="new"), "run-3")
    nodes.launch(resolver, "run-2")
    assert files(nodes, 1, "model")["first"] == "old"


def test_a_retry_sees_no_file_of_the_attempt_before_and_deletes_none(nodes):
    made, used = chain()
    half_way.append(die)
    with pytest.raises(DiedError):
        nodes.launch(made)
    nodes.launch(made)
    nodes.launch(used)
    assert files(nodes, 1, "copied") == {"first": "text 4 run-1 <run-1>", "second": "text 4 run-1 <run-1>"}
    left = sorted(path.name for path in (nodes.folder / "root/make/model").iterdir())
    assert left == ["1", "1-attempt-2"]
    assert [path.name for path in (nodes.folder / "root/make/model/1").iterdir()] == ["first"]


def test_an_attempt_that_was_given_up_but_lives_on_changes_nothing(nodes):
    half_way.append(lambda: nodes.launch(make(text="the retry")))
    nodes.launch(make(text="the first"))
    check_record(nodes, [["model", "score", "spare"]])
    assert files(nodes, 0, "model") == {"first": "the retry", "second": "the retry"}


def test_a_retry_takes_nothing_from_the_cache_that_another_run_filled_meanwhile(nodes):
    half_way.append(die)
    with pytest.raises(DiedError):
        nodes.launch(make(text="text"), "run-1", cache=True)
    nodes.launch(make(text="text"), "run-2", cache=True)
    nodes.launch(make(text="text"), "run-1", cache=True)
    check_record(nodes, [["model", "score", "spare"]] * 2)
    nodes.launch(make(text="text"), "run-3", cache=True)
    assert nodes.store.get_executions()[2].last_known_state == mlmd.Execution.CACHED


def test_what_ended_is_not_done_again(nodes):
    made, used = chain()
    nodes.launch(made)
    nodes.launch(used)
    for node in (made, used):
        half_way.append(die)
        nodes.launch(node)
    half_way.clear()
    check_record(nodes, [["model", "score", "spare"], ["copied"]])


def test_what_ended_and_was_deleted_is_one_line_that_says_so(nodes):
    made = make(text="text")
    nodes.launch(made)
    (artifact,) = outputs(nodes, nodes.store.get_executions()[0])["model"]
    assert Path(artifact.uri).is_relative_to(nodes.folder)
    for path in Path(artifact.uri).iterdir():
        path.unlink()
    Path(artifact.uri).rmdir()
    with pytest.raises(
        NotFoundError, match=r"make ended in run run-1, but .*: trigger another run"
    ) as caught:
        nodes.launch(made)
    assert "\n" not in str(caught.value)


# Names


def test_outputs_of_one_type_and_key_in_one_run_do_not_collide(nodes):
    for name in ("one", "other"):
        made = make(text=name).with_id(name)
        nodes.launch(made)
        nodes.launch(using(made, node_id=f"use-{name}"))
    assert files(nodes, 1, "copied")["first"] == "one 3 run-1 <run-1>"
    assert files(nodes, 3, "copied")["first"] == "other 5 run-1 <run-1>"


def test_the_run_id_reaches_the_executor_as_a_parameter_and_does_not_spoil_the_cache(nodes):
    first, again = make(text="text"), make(text="text")
    for run_id, made in (("run-1", first), ("run-2", again)):
        nodes.launch(made, run_id, cache=True)
        nodes.launch(using(made, run_id), run_id, cache=True)
    assert files(nodes, 1, "copied")["first"] == "text 4 run-1 <run-1>"
    assert nodes.store.get_executions()[3].last_known_state == mlmd.Execution.CACHED
    assert nodes.store.get_executions()[3].properties["run_id"].string_value == "run-2"
    assert files(nodes, 3, "copied") == files(nodes, 1, "copied")
