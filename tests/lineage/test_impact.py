"""Which versions were trained from something."""

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.batch import Slot, Step, Types, write
from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.lineage import Lineage
from tfx_hallmark.lineage.reading.impact import MOST_DRAWN
from tfx_hallmark.registry.errors import HallmarkError, InvalidNameError, NotFoundError
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def told(root, store, model, make_candidate):
    """Four versions of penguin: two of span 0, then two of span 1, of which the last is evaluated on span 7."""
    pipeline = PenguinPipeline(store)
    trained = [
        run_and_register(pipeline, model, make_candidate(1), settings={"x": 1}),
        run_and_register(pipeline, model, make_candidate(2), settings={"x": 2}),
        run_and_register(pipeline, model, make_candidate(3), span=1),
        run_and_register(pipeline, model, make_candidate(4), span=1, settings={"x": 4}, eval_span=7),
    ]
    return [run for run, _ in trained], [version.version for _, version in trained]


def versions(impact):
    return [found.version for found in impact.versions]


@pytest.mark.parametrize(
    "name", ["CsvExampleGen.examples", "Transform.transformed_examples", "SchemaGen.schema"]
)
def test_an_artifact_has_exactly_the_versions_that_were_trained_from_it(lineage, told, name):
    runs, names = told
    assert versions(lineage.impact(f"artifact:{runs[0].artifact(name)}")) == names[:2]
    assert versions(lineage.impact(f"artifact:{runs[2].artifact(name)}")) == names[2:]
    assert versions(lineage.impact(f"uri:{runs[2].slots[name].uri}")) == names[2:]


def test_what_was_only_evaluated_on_something_was_not_trained_from_it(lineage, told):
    runs, _ = told
    impact = lineage.impact(f"artifact:{runs[3].artifact('EvalExampleGen.examples')}")
    assert impact.versions == ()
    assert [node.type for node in impact.about] == ["Examples"]


@pytest.mark.parametrize(
    "name", ["StableBaseline.baseline", "BaselineEvaluator.blessing", "RegistryPusher.pushed_model"]
)
def test_what_came_of_a_version_made_no_version(lineage, told, name):
    assert lineage.impact(f"artifact:{told[0][1].artifact(name)}").versions == ()


def test_a_version_that_was_trained_on_from_a_model_counts(lineage, store, model, make_candidate):
    pipeline = PenguinPipeline(store)
    base, first = run_and_register(pipeline, model, make_candidate(1))
    _, second = run_and_register(pipeline, model, make_candidate(2), span=1, base=base)
    both = [first.version, second.version]
    for name in ("CsvExampleGen.examples", "Trainer.model", "VersionTagger.model_version"):
        assert versions(lineage.impact(f"artifact:{base.artifact(name)}")) == both


def test_it_says_what_is_live_and_what_is_barred(lineage, told, model):
    runs, names = told
    model.quarantine(names[0], reason="wrong labels in span 0")
    impact = lineage.impact(f"artifact:{runs[0].artifact('CsvExampleGen.examples')}")
    assert [(found.status, found.live) for found in impact.versions] == [
        ("quarantined", False),
        ("published", False),
    ]
    live = lineage.impact("span:1").versions
    assert [(found.live, found.labels, found.releases) for found in live] == [
        (False, (), (3,)),
        (True, ("stable",), (4,)),
    ]


def test_manifests_tell_of_spans_and_digests(lineage, told):
    runs, names = told
    for span in (0, 1):
        impact = lineage.impact(f"span:{span}")
        assert versions(impact) == names[2 * span : 2 * span + 2]
        assert [node.id for node in impact.about] == [runs[2 * span].artifact("CsvExampleGen.examples")]
        assert impact.graph is None
        assert versions(lineage.impact(f"examples:b3:{span:064d}")) == versions(impact)
    assert versions(lineage.impact("schema:b3:00000")) == names


def test_manifests_tell_of_every_model(lineage, store, root, model, make_candidate):
    other = Registry.open(root).model("gull")
    run_and_register(PenguinPipeline(store), model, make_candidate(1), span=3)
    run_and_register(PenguinPipeline(store, model="gull"), other, make_candidate(2), span=3)
    assert [found.model for found in lineage.impact("span:3").versions] == ["gull", "penguin"]


def test_the_registry_knows_an_uri_that_the_store_does_not(root, model, make_store, make_candidate):
    run, version = run_and_register(PenguinPipeline(make_store()), model, make_candidate(1))
    elsewhere = Lineage(Registry.open(root), make_store())
    impact = elsewhere.impact(f"uri:{run.slots['CsvExampleGen.examples'].uri}")
    assert (versions(impact), impact.about) == ([version.version], ())


def test_a_version_of_another_registry_is_told_as_such(lineage, store):
    run = PenguinPipeline(store, model="gull").run("1.0.0")
    (found,) = lineage.impact(f"artifact:{run.artifact('Trainer.model')}").versions
    assert (found.model, found.status, found.live) == ("gull", "not in this registry", False)


def test_a_version_of_the_same_number_but_other_content_is_not_the_registry_s(
    lineage, store, model, make_candidate
):
    model.tag(make_candidate(1))
    run = PenguinPipeline(store).run("1.0.0", digest=f"b3:{7:064d}")
    (found,) = lineage.impact(f"artifact:{run.artifact('Trainer.model')}").versions
    assert (found.version, found.status) == ("1.0.0", "not in this registry")


def chain(store, *links):
    """Writes executions one after the other, each reading what the one before wrote; gives the first artifact's id."""
    types = Types(store)
    contexts = store.put_contexts([mlmd.Context(type_id=types.context("pipeline"), name="other")])
    before = Slot("Examples", "examples")
    steps = [
        Step(node="Start", type="x.Start", properties={}, inputs=[], outputs=[before], contexts=contexts)
    ]
    for execution, artifact in links:
        properties = {"model": "gull", "version": "1.0.0"} if artifact == "tfx_hallmark.ModelVersion" else {}
        made = Slot(artifact, "made", properties)
        steps.append(
            Step(
                node=execution,
                type=f"x.{execution}",
                properties={},
                inputs=[("read", before)],
                outputs=[made],
                contexts=contexts,
            )
        )
        before = made
    write(store, types, "/data/other", steps)
    return steps[0].outputs[0].id


@pytest.mark.parametrize(
    ("links", "counts"),
    [
        ([("Trainer", "Model")], True),
        ([("Anything", "Custom"), ("Trainer", "Model")], True),
        # A judgement on some data may let a training begin; the data do not go into it.
        ([("OwnEvaluator", "ModelBlessing"), ("Trainer", "Model")], False),
        ([("Trainer", "Model"), ("Pusher", "PushedModel"), ("Trainer", "Model")], False),
        # What StableBaseline hands out is another version than the one that it reads.
        ([("Trainer", "Model"), ("StableBaseline", "Model"), ("Trainer", "Model")], False),
    ],
)
def test_only_what_goes_into_a_model_counts(lineage, store, links, counts):
    examples = chain(store, *links, ("VersionTagger", "tfx_hallmark.ModelVersion"))
    assert bool(lineage.impact(f"artifact:{examples}").versions) == counts


def test_a_version_that_two_runs_tagged_is_told_once(lineage, store):
    pipeline = PenguinPipeline(store)
    run = pipeline.run("1.0.0", settings={"x": 1})
    pipeline.run("1.0.0", settings={"x": 2})
    assert len(lineage.impact(f"artifact:{run.artifact('SchemaGen.schema')}").versions) == 1


def test_the_graph_leads_to_the_versions_and_to_nothing_else(lineage, told):
    runs, _ = told
    examples = f"a{runs[0].artifact('CsvExampleGen.examples')}"
    graph = lineage.impact(f"artifact:{examples[1:]}").graph
    assert graph.about == (examples,)
    ends = {node.key for node in graph.nodes.values()} - {edge.source for edge in graph.edges}
    assert ends == {f"a{run.artifact('VersionTagger.model_version')}" for run in runs[:2]}
    assert "ExampleValidator" not in {node.type for node in graph.nodes.values()}


def test_of_very_many_versions_the_newest_are_drawn_and_all_are_told(lineage, store):
    runs = PenguinPipeline(store).runs([f"1.{minor}.0" for minor in range(MOST_DRAWN + 20)])
    impact = lineage.impact(f"artifact:{runs[0].artifact('CsvExampleGen.examples')}")
    assert len(impact.versions) == MOST_DRAWN + 20
    drawn = {node.version for node in impact.graph.nodes.values()} - {None}
    assert drawn == {f"penguin@1.{minor}.0" for minor in range(20, MOST_DRAWN + 20)}


@pytest.mark.parametrize(
    ("subject", "error"),
    [
        ("artifact:999", NotFoundError),
        ("artifact:99999999999999999999", InvalidNameError),
        ("uri:/nowhere", NotFoundError),
        ("uri:", InvalidNameError),
        ("span:12", NotFoundError),
        ("span:last", InvalidNameError),
        ("schema:b3:feed", NotFoundError),
        ("schema:1234", InvalidNameError),
        ("penguin@stable", InvalidNameError),
        ("", InvalidNameError),
    ],
)
def test_what_names_nothing_is_told_in_one_line(lineage, told, subject, error):
    with pytest.raises(HallmarkError) as caught:
        lineage.impact(subject)
    assert caught.type is error
    assert "\n" not in str(caught.value)


@pytest.mark.tfx
def test_the_demo_s_examples_trained_all_three_versions(demo_here):
    registry = Registry.open(demo_here / "registry")
    lineage = Lineage.open(registry, demo_here / "metadata.sqlite")
    told = {subject: lineage.impact(subject).versions for subject in ("artifact:1", "span:0")}
    assert told["artifact:1"] == told["span:0"]
    stable = registry.model("penguin").version("stable").version
    assert [(found.version, found.live) for found in told["span:0"]] == [
        (version.version, version.version == stable) for version in registry.model("penguin").versions()
    ]
