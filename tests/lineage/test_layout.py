"""Where the nodes of a drawn graph stand."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given

from tests.lineage.graphs import artifact, edge, execution, graph, graphs
from tfx_hallmark.lineage.drawing.layout import lay_out


@given(graphs())
def test_no_two_boxes_overlap_and_all_are_inside(graph):
    layout = lay_out(graph)
    boxes = list(layout.boxes.values())
    assert layout.boxes.keys() == graph.nodes.keys()
    for number, one in enumerate(boxes):
        assert 0 <= one.x <= one.x + one.width <= layout.width
        assert 0 <= one.y <= one.y + one.height <= layout.height
        for other in boxes[number + 1 :]:
            apart_across = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart_down = one.y + one.height <= other.y + 1e-6 or other.y + other.height <= one.y + 1e-6
            assert apart_across or apart_down


@given(graphs())
def test_every_edge_runs_to_the_right_from_box_to_box(graph):
    layout = lay_out(graph)
    drawn = {(route.source, route.target) for route in layout.routes}
    assert drawn == {(edge.source, edge.target) for edge in graph.edges}
    for route in layout.routes:
        begin, end = layout.boxes[route.source], layout.boxes[route.target]
        assert begin.layer < end.layer
        assert route.points[0] == (begin.x + begin.width, begin.y + begin.height / 2)
        assert route.points[-1] == (end.x, end.y + end.height / 2)
        assert all(left[0] <= right[0] for left, right in pairwise(route.points))
        assert all(0 <= y <= layout.height for _, y in route.points)


@given(graphs())
def test_an_edge_never_runs_through_a_box(graph):
    layout = lay_out(graph)
    for route in layout.routes:
        for (left, y), (right, _) in list(pairwise(route.points))[1::2]:
            for box in layout.boxes.values():
                beside = box.x + box.width <= left or right <= box.x
                assert beside or not box.y < y < box.y + box.height


@given(graphs())
def test_the_same_graph_is_always_laid_out_the_same(graph):
    assert lay_out(graph) == lay_out(graph)


def test_what_nothing_leads_to_stands_next_to_what_first_reads_it():
    chain = [execution(1), artifact(2), execution(3), artifact(4), execution(5), artifact(9)]
    edges = [edge(one.key, other.key) for one, other in pairwise(chain[:5])]
    layout = lay_out(graph(chain, *edges, edge("a9", "e5")))
    assert layout.boxes["a9"].layer == 3


@pytest.mark.parametrize("names", list(permutations("123")))
def test_edges_that_need_not_cross_do_not(names):
    first, second, third = (f"e{name}" for name in names)
    nodes = [execution(1), execution(2), execution(3), artifact(4), artifact(5)]
    edges = [edge(first, "a4"), edge(third, "a4"), edge(second, "a5")]
    boxes = lay_out(graph(nodes, *edges)).boxes
    # The two that wrote one artifact stand side by side, and the artifacts in the same order.
    heights = [boxes[f"e{name}"].y for name in names]
    assert boxes[second].y in (min(heights), max(heights))
    assert (boxes[second].y < boxes[first].y) == (boxes["a5"].y < boxes["a4"].y)


def test_several_events_between_two_nodes_are_one_route_with_all_names():
    nodes = [artifact(1), execution(2)]
    layout = lay_out(graph(nodes, edge("a1", "e2", "examples"), edge("a1", "e2", "baseline")))
    assert [route.names for route in layout.routes] == [("examples", "baseline")]


@pytest.mark.parametrize("back", [edge("e2", "a1"), edge("e4", "a1")])
def test_a_cycle_that_a_pipeline_recorded_is_drawn_all_the_same(back):
    nodes = [artifact(1), execution(2), artifact(3), execution(4)]
    layout = lay_out(graph(nodes, edge("a1", "e2"), edge("e2", "a3"), edge("a3", "e4"), back))
    assert len(layout.routes) == 4
    assert len({(box.x, box.y) for box in layout.boxes.values()}) == 4
