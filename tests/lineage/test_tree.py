"""A lineage graph as a tree to read."""

from hypothesis import given

from tests.lineage.graphs import artifact, edge, execution, graph, graphs
from tfx_hallmark.lineage.drawing.parameters import parameters_of
from tfx_hallmark.lineage.drawing.tree import tree_of

PIPELINE = graph(
    [
        execution(1, "CsvExampleGen"),
        artifact(2, "Examples"),
        execution(3, "Trainer"),
        artifact(4, "Model"),
        execution(5, "VersionTagger"),
        artifact(6, "ModelVersion"),
        execution(7, "Evaluator"),
        artifact(8, "ModelBlessing"),
        execution(9, "Pusher"),
        execution(10, "InfraValidator"),
    ],
    edge("e1", "a2", "examples"),
    edge("a2", "e3", "examples"),
    edge("e3", "a4", "model"),
    edge("a2", "e5", "examples"),
    edge("a4", "e5", "model"),
    edge("e5", "a6", "model_version"),
    edge("a6", "e7", "model_version"),
    edge("e7", "a8", "blessing"),
    edge("a8", "e9", "model_blessing"),
    edge("a6", "e9", "model_version"),
    edge("a4", "e10", "model"),
    about=("a6",),
)


def written(branches) -> list[str]:
    return [
        f"{one.rails}{'/'.join(one.roles)}:{one.key}{' (above)' if one.repeated else ''}" for one in branches
    ]


def test_upstream_follows_the_longest_way_first_and_tells_nothing_twice():
    assert written(tree_of(PIPELINE).upstream) == [
        "└ :e5",
        "  ├ model:a4",
        "  │ └ model:e3",
        "  │   └ examples:a2",
        "  │     └ examples:e1",
        "  └ examples:a2 (above)",
    ]


def test_downstream_hangs_each_node_where_it_is_nearest_also_what_read_only_the_model():
    assert written(tree_of(PIPELINE).downstream) == [
        "├ model_version:e7",
        "│ └ blessing:a8",
        "├ model_version:e9",
        "└ model:e10",
    ]


@given(graphs())
def test_a_tree_tells_of_every_node_above_and_below(graph):
    tree = tree_of(graph)
    up = {branch.key for branch in tree.upstream if not branch.repeated}
    down = [branch.key for branch in tree.downstream]
    wanted_up, wanted_down = reach(graph, "target", "source"), reach(graph, "source", "target")
    assert up == wanted_up
    assert len(down) == len(set(down))
    assert wanted_down <= set(down)


def reach(graph, here: str, there: str) -> set[str]:
    found = set(graph.about)
    while new := {getattr(one, there) for one in graph.edges if getattr(one, here) in found} - found:
        found |= new
    return found - set(graph.about)


def test_hyperparameters_have_their_own_names_and_long_texts_are_left_out():
    trainer = execution(
        1,
        properties={
            "custom_config": '{"learning_rate": 0.01, "hidden_units": [8, 8]}',
            "train_args": '{"num_steps": 30}',
            "module_path": "penguin@/wheels/x.whl",
            "schedule": "x" * 41,
        },
    )
    assert parameters_of(trainer) == {"learning_rate": 0.01, "hidden_units": "[8, 8]", "num_steps": 30}
