"""In what the making of two versions differed."""

import pytest

from tests.lineage.registered import run_and_register
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.lineage.lineage import Lineage
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.registry import Registry


def told(diff):
    return [(one.where, one.what, one.a, one.b) for one in diff.differences]


def test_a_hyperparameter_is_the_only_difference(lineage, store, model, make_candidate):
    pipeline = PenguinPipeline(store)
    _, a = run_and_register(pipeline, model, make_candidate(1))
    _, b = run_and_register(pipeline, model, make_candidate(2), settings={"hidden_units": [32], "new": True})
    diff = lineage.diff(a, b)
    assert (diff.a, diff.b) == (str(a), str(b))
    assert told(diff) == [
        ("Trainer", "custom_config.hidden_units", "[8]", "[32]"),
        ("Trainer", "custom_config.new", None, "true"),
    ]
    # Six executions and seven artifacts, the Trainer excepted.
    assert diff.same == 12


def test_a_version_does_not_differ_from_itself(lineage, store, model, make_candidate):
    _, version = run_and_register(PenguinPipeline(store), model, make_candidate(1))
    diff = lineage.diff(version, version)
    assert (diff.differences, diff.same) == ((), 13)


def test_a_span_is_told_once_and_in_the_examples(lineage, store, model, make_candidate):
    pipeline = PenguinPipeline(store)
    _, a = run_and_register(pipeline, model, make_candidate(1))
    _, b = run_and_register(pipeline, model, make_candidate(2), span=3)
    differing = {(one.where, one.what): (one.a, one.b) for one in lineage.diff(a, b).differences}
    assert differing["Examples (examples)", "span"] == (0, 3)
    assert set(differing) == {
        ("Examples (examples)", "span"),
        ("Examples (examples)", "input_fingerprint"),
        ("data", "examples"),
    }


def test_a_node_that_only_one_has_is_told(lineage, store, model, make_candidate):
    pipeline = PenguinPipeline(store)
    base, a = run_and_register(pipeline, model, make_candidate(1))
    _, b = run_and_register(pipeline, model, make_candidate(2), base=base)
    assert ("Model (model/base_model)", "", None, "present") in told(lineage.diff(a, b))
    assert ("Model (model/base_model)", "", "present", None) in told(lineage.diff(b, a))


def test_a_version_that_is_not_in_the_store(lineage, store, model, make_store, make_candidate):
    _, a = run_and_register(PenguinPipeline(store), model, make_candidate(1))
    _, b = run_and_register(PenguinPipeline(make_store()), model, make_candidate(2))
    with pytest.raises(NotFoundError, match=str(b)):
        lineage.diff(a, b)


@pytest.mark.tfx
def test_the_demo_s_versions_differ_in_what_the_demo_changed(demo_here):
    registry = Registry.open(demo_here / "registry")
    model = registry.model("penguin")
    lineage = Lineage.open(registry, demo_here / "metadata.sqlite")
    assert told(lineage.diff(model.version("1.0.0"), model.version("1.1.0"))) == [
        ("Trainer", "custom_config.learning_rate", 0.01, 1e-05)
    ]
    assert told(lineage.diff(model.version("1.0.0"), model.version("1.2.0"))) == [
        ("Trainer", "custom_config.hidden_units", "[8]", "[32]"),
        ("Trainer", "train_args.num_steps", 30, 300),
    ]
