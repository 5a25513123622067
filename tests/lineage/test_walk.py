"""Lineage of versions and artifacts, upstream and downstream."""

import itertools

import hypothesis
import hypothesis.strategies as st
import msgspec
import networkx
import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.batch import Slot, Step, Types, write
from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.errors import NotInitialisedError
from tfx_hallmark.lineage.lineage import Lineage
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.registry import Registry

MADE_FROM = {
    "CsvExampleGen", "StatisticsGen", "SchemaGen", "Transform", "Trainer", "VersionTagger",
}  # fmt: skip
AFTER = {"StableBaseline", "BaselineEvaluator", "RegistryPusher"}


def executions(graph):
    return sorted(node.type for node in graph.nodes.values() if node.kind == "execution")


def keys(graph):
    return set(graph.nodes)


# Of a version


def test_a_version_has_what_it_was_made_from_and_what_came_of_it(lineage, model, store, make_candidate):
    run, version = run_and_register(PenguinPipeline(store), model, make_candidate(1))
    assert set(executions(lineage.of(version, direction="upstream"))) == MADE_FROM
    # Not everything that reads a model reads its version, so the tagger stands at the beginning.
    assert set(executions(lineage.of(version, direction="downstream"))) == AFTER | {"VersionTagger"}
    graph = lineage.of(version)
    assert set(executions(graph)) == MADE_FROM | AFTER
    assert graph.about == (f"a{run.artifact('VersionTagger.model_version')}",)
    assert graph.nodes[graph.about[0]].version == "penguin@1.0.0"
    assert graph.cut == ()
    named = {(edge.source, edge.target): (edge.role, edge.name) for edge in graph.edges}
    trainer, tagger = (f"e{run.execution(node)}" for node in ("Trainer", "VersionTagger"))
    assert named[f"a{run.artifact('Trainer.model')}", tagger] == ("input", "model")
    assert named[trainer, f"a{run.artifact('Trainer.model')}"] == ("output", "model")
    assert graph.nodes[trainer].properties["train_args"] == '{"num_steps": 30}'
    examples = graph.nodes[f"a{run.artifact('CsvExampleGen.examples')}"]
    assert (examples.properties["span"], examples.properties["split_names"]) == (0, '["train", "eval"]')


def test_other_versions_made_from_the_same_examples_are_not_its_lineage(
    lineage, model, store, make_candidate
):
    pipeline = PenguinPipeline(store)
    _, first = run_and_register(pipeline, model, make_candidate(1), settings={"x": 1})
    second_run, _ = run_and_register(pipeline, model, make_candidate(2), settings={"x": 2})
    assert second_run.steps["CsvExampleGen"].cached
    graph = lineage.of(first)
    assert {node.version for node in graph.nodes.values()} == {None, "penguin@1.0.0"}
    assert len(executions(graph)) == len(MADE_FROM | AFTER)


def test_a_run_from_the_cache_adds_only_what_really_ran(lineage, model, store, make_candidate):
    pipeline = PenguinPipeline(store)
    run, version = run_and_register(pipeline, model, make_candidate(1))
    again = pipeline.train()
    pipeline.tag(again, version.version, version.digest, manifest=version.state.manifest)
    pipeline.push(again, "published", release=1)
    assert again.steps["Trainer"].cached
    assert not again.steps["BaselineEvaluator"].cached
    graph = lineage.of(version)
    ran = [f"e{step.id}" for one in (run, again) for step in one.steps.values() if not step.cached]
    shown = [key for key, node in graph.nodes.items() if node.kind == "execution"]
    assert shown == [key for key in ran if graph.nodes.get(key)]
    assert executions(graph).count("BaselineEvaluator") == 2
    assert executions(graph).count("Trainer") == 1


def test_a_model_trained_on_from_a_version_is_downstream_of_it(lineage, model, store, make_candidate):
    pipeline = PenguinPipeline(store)
    base, first = run_and_register(pipeline, model, make_candidate(1))
    _, second = run_and_register(pipeline, model, make_candidate(2), settings={"x": 2}, base=base)
    downstream = lineage.of(first, direction="downstream")
    assert {"penguin@1.0.0", str(second)} <= {node.version for node in downstream.nodes.values()}
    upstream = lineage.of(second, direction="upstream")
    # The Resolver that found the model did not make it.
    assert executions(upstream).count("Trainer") == 2
    assert "Resolver" not in executions(upstream)


def test_a_version_tagged_elsewhere_is_told_not_to_be_in_this_store(root, model, make_store, make_candidate):
    elsewhere, here = make_store(), make_store()
    _, version = run_and_register(PenguinPipeline(elsewhere), model, make_candidate(1))
    PenguinPipeline(here).run("9.9.9")
    with pytest.raises(NotFoundError, match=r"penguin@1\.0\.0 is not in this metadata store.*hallmark sync"):
        Lineage(Registry.open(root), here).of(version)


def test_equal_content_that_another_run_made_is_found_by_its_digest(root, model, make_store, make_candidate):
    elsewhere, here = make_store(), make_store()
    _, version = run_and_register(PenguinPipeline(elsewhere), model, make_candidate(1))
    other = PenguinPipeline(here, root="/data/other")
    other.run("1.0.0")  # of the same name, but other content
    run = other.run(version.version, digest=version.digest, settings={"x": 1})
    graph = Lineage(Registry.open(root), here).of(version)
    assert graph.about == (f"a{run.artifact('VersionTagger.model_version')}",)


def test_a_store_that_is_not_there_is_not_made(root, tmp_path):
    with pytest.raises(NotInitialisedError):
        Lineage.open(Registry.open(root), tmp_path / "other.sqlite")
    assert not (tmp_path / "other.sqlite").exists()


def test_an_artifact_that_is_not_there(lineage):
    with pytest.raises(NotFoundError, match="no artifact 12"):
        lineage.around(12)


# Producers


def add(store, types, uri, events, *, cached=False, type_name="Thing"):
    """Writes an execution; `events` are (artifact, kind), where None is a new artifact at the uri."""
    (execution,) = store.put_executions(
        [
            mlmd.Execution(
                type_id=types.execution("package.Step"),
                last_known_state=mlmd.Execution.CACHED if cached else mlmd.Execution.COMPLETE,
            )
        ]
    )
    written = []
    for artifact, kind in events:
        if artifact is None:
            (artifact,) = store.put_artifacts([mlmd.Artifact(type_id=types.artifact(type_name), uri=uri)])
        written.append(mlmd.Event(execution_id=execution, artifact_id=artifact, type=kind))
    store.put_events(written)
    return execution, [event.artifact_id for event in written]


def test_an_artifact_whose_uri_names_another_execution_has_its_own_producer(lineage, store):
    types = Types(store)
    other, _ = add(store, types, "", [])
    maker, (thing,) = add(store, types, f"/somewhere/{other}", [(None, mlmd.Event.OUTPUT)])
    add(store, types, "", [(thing, mlmd.Event.OUTPUT)], cached=True)
    assert keys(lineage.around(thing)) == {f"a{thing}", f"e{maker}"}


def test_an_execution_from_the_cache_is_no_producer_even_if_a_uri_names_it(lineage, store):
    types = Types(store)
    maker, (thing,) = add(store, types, "/somewhere/2", [(None, mlmd.Event.OUTPUT)])
    cached, _ = add(store, types, "", [(thing, mlmd.Event.OUTPUT)], cached=True)
    assert cached == 2
    assert keys(lineage.around(thing)) == {f"a{thing}", f"e{maker}"}


def test_the_producer_is_found_behind_a_hundred_executions_from_the_cache(lineage, store):
    types = Types(store)
    _, (thing,) = add(store, types, "gs://bucket/thing", [(None, mlmd.Event.INPUT)])
    for _ in range(120):
        add(store, types, "", [(thing, mlmd.Event.OUTPUT)], cached=True)
    maker, _ = add(store, types, "", [(thing, mlmd.Event.OUTPUT)])
    assert f"e{maker}" in keys(lineage.around(thing, direction="upstream"))


def test_a_resolver_that_found_an_artifact_is_not_its_producer(lineage, store):
    types = Types(store)
    (thing,) = store.put_artifacts([mlmd.Artifact(type_id=types.artifact("Thing"), uri="/imported")])
    add(store, types, "", [(thing, mlmd.Event.INTERNAL_OUTPUT)])
    assert keys(lineage.around(thing)) == {f"a{thing}"}


# Limits


def test_a_depth_limits_the_executions_in_a_row_and_says_where_more_is(lineage, store):
    run = PenguinPipeline(store).run("1.0.0")
    version = run.artifact("VersionTagger.model_version")
    near = lineage.around(version, direction="upstream", depth=1)
    assert executions(near) == ["VersionTagger"]
    read = ("Trainer.model", "CsvExampleGen.examples", "SchemaGen.schema", "Transform.transform_graph")
    assert set(near.cut) == {f"a{run.artifact(name)}" for name in read}
    nothing = lineage.around(version, depth=0)
    assert (keys(nothing), nothing.cut) == ({f"a{version}"}, (f"a{version}",))
    assert lineage.around(version, depth=50).cut == ()


def test_a_limit_of_nodes_keeps_the_newest_and_says_where_more_is(lineage, store):
    pipeline = PenguinPipeline(store)
    runs = [pipeline.run(f"1.{minor}.0", settings={"x": minor}) for minor in range(30)]
    examples = runs[0].artifact("CsvExampleGen.examples")
    graph = lineage.around(examples, direction="downstream", limit=40)
    assert len(graph.nodes) == 40
    assert f"a{examples}" in graph.cut
    assert f"e{runs[-1].execution('BaselineEvaluator')}" in keys(graph)
    assert f"e{runs[0].execution('BaselineEvaluator')}" not in keys(graph)
    assert len(lineage.around(examples, direction="downstream", limit=None).nodes) > 200


# Contexts


def test_each_execution_has_its_pipeline_its_run_and_its_node(lineage, model, store, make_candidate):
    pipeline = PenguinPipeline(store)
    first, _ = run_and_register(pipeline, model, make_candidate(1))
    second, version = run_and_register(pipeline, model, make_candidate(2), settings={"x": 2})
    graph = lineage.of(version)
    told = {
        node.id: {(graph.contexts[key].type, graph.contexts[key].name) for key in node.contexts}
        for node in graph.nodes.values()
        if node.kind == "execution"
    }
    run_of = {step.id: (run, node) for run in (first, second) for node, step in run.steps.items()}
    assert told == {
        number: {
            ("pipeline", "penguin"),
            ("pipeline_run", run_of[number][0].name),
            ("node", f"penguin.{run_of[number][1]}"),
        }
        for number in told
    }
    examples = graph.nodes[f"a{first.artifact('CsvExampleGen.examples')}"]
    assert ("pipeline_run", first.name) in {
        (graph.contexts[key].type, graph.contexts[key].name) for key in examples.contexts
    }


# Calls


def test_upstream_takes_the_same_calls_and_answers_however_many_runs_share_the_examples(
    lineage, store, monkeypatch
):
    pipeline = PenguinPipeline(store)
    calls = []
    call = store._call

    def counted(method, request, response):
        call(method, request, response)
        events = getattr(response, "events", ())
        calls.append((method, len(events)))

    def cost(run):
        calls.clear()
        with monkeypatch.context() as patch:
            patch.setattr(store, "_call", counted)
            graph = lineage.around(run.artifact("VersionTagger.model_version"), direction="upstream")
        assert set(executions(graph)) == MADE_FROM
        return list(calls)

    pipeline.run("1.0.0", settings={"x": 0})
    few = cost(pipeline.run("1.1.0", settings={"x": 1}))
    for minor in range(2, 12):
        pipeline.run(f"1.{minor}.0", settings={"x": minor})
    many = cost(pipeline.run("1.12.0", settings={"x": 12}))
    assert many == few
    # What builds of ML Metadata without ZetaSQL cannot do, and what grows with the store.
    assert {method for method, _ in many} <= {
        "GetArtifactsByID", "GetExecutionsByID", "GetEventsByExecutionIDs",
        "GetContextsByExecution", "GetExecutionsByContext", "GetContextByTypeAndName",
    }  # fmt: skip


# Any graph


@st.composite
def pipelines(draw):
    """Executions in the order they ran: for each what it reads of what there is, and how many things it writes."""
    steps, things = [], 1
    for _ in range(draw(st.integers(1, 12))):
        reads = draw(st.sets(st.integers(0, things - 1), max_size=3))
        cached = draw(st.integers(0, 3)) == 0 and any(writes for _, writes, _ in steps)
        writes = draw(st.integers(0, 2))
        steps.append((sorted(reads), writes, cached))
        things += 0 if cached else writes
    return steps, draw(st.integers(0, things - 1))


numbers = itertools.count()


@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(pipelines(), st.booleans())
def test_the_lineage_of_any_artifact_is_its_ancestors_and_descendants(lineage, store, drawn, at_usual_uris):
    steps, subject = drawn
    types, root = Types(store), f"/data/{next(numbers)}"
    slots, written, wanted = [], [], networkx.DiGraph()
    contexts = store.put_contexts([mlmd.Context(type_id=types.context("pipeline"), name=root)])
    (first,) = store.put_artifacts([mlmd.Artifact(type_id=types.artifact("Thing"), uri=root)])
    slots.append(Slot("Thing", "out", id=first))
    for reads, writes, cached in steps:
        inputs = [("in", slots[number]) for number in reads]
        if cached:
            # As after a cache hit: what an earlier one read, and what it wrote.
            earlier = next(step for step in written if step.outputs and not step.cached)
            step = msgspec.structs.replace(earlier, cached=True, id=0)
        else:
            places = ["" if at_usual_uris else f"{root}/thing-{next(numbers)}" for _ in range(writes)]
            outputs = [Slot("Thing", f"out{place}", uri=uri) for place, uri in enumerate(places)]
            step = Step(
                node="S", type="p.S", properties={}, inputs=inputs, outputs=outputs, contexts=contexts
            )
            slots += outputs
        written.append(step)
        write(store, types, root, [step])
        if not cached:
            wanted.add_edges_from((f"a{slot.id}", f"e{step.id}") for _, slot in inputs)
            wanted.add_edges_from((f"e{step.id}", f"a{slot.id}") for slot in step.outputs)
    start = f"a{slots[subject].id}"
    wanted.add_node(start)
    up, down = networkx.ancestors(wanted, start), networkx.descendants(wanted, start)
    number = slots[subject].id
    assert keys(lineage.around(number, direction="upstream")) == up | {start}
    assert keys(lineage.around(number, direction="downstream")) == down | {start}
    both = lineage.around(number)
    assert keys(both) == up | down | {start}
    assert {(edge.source, edge.target) for edge in both.edges} == set(wanted.subgraph(keys(both)).edges)
    assert both.cut == ()
