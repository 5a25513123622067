"""Drawn lineage: well-formed, safe, and readable without colours."""

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from tests.lineage.graphs import HOSTILE, artifact, edge, execution, graph, graphs
from tfx_hallmark.lineage.drawing.captions import captions, duration
from tfx_hallmark.lineage.drawing.svg import notebook_html, svg, svg_file

SVG = "{http://www.w3.org/2000/svg}"
SMALL = graph(
    [
        artifact(1, properties={"span": 3}),
        execution(2, seconds=2.94, state="COMPLETE"),
        artifact(3, "ModelVersion", version="penguin@1.2.0"),
    ],
    edge("a1", "e2", "examples"),
    edge("e2", "a3", "model_version"),
    about=("a3",),
    cut=("a1",),
)


def texts(root: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


@given(graphs())
def test_every_drawing_is_well_formed_and_complete(graph):
    for drawn in (svg(graph), svg_file(graph)):
        root = ElementTree.fromstring(drawn.encode())
        found = {one.get("data-key") for one in root.iter() if one.get("data-key")}
        assert found == graph.nodes.keys()
        ends = [
            (one.get("data-source"), one.get("data-target")) for one in root.iter() if one.get("data-source")
        ]
        assert set(ends) == {(edge.source, edge.target) for edge in graph.edges}


@given(st.text())
def test_no_text_of_a_store_becomes_markup(text):
    hostile = artifact(1, text, name=text, uri=text, version=text, properties={text: text})
    drawn = svg(graph([hostile, execution(2, text)], edge("a1", "e2", text), about=("a1",)))
    root = ElementTree.fromstring(drawn.encode())
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        "svg",
        "g",
        "a",
        "rect",
        "path",
        "text",
        "title",
    }


def test_hostile_names_are_text_in_every_form():
    hostile = graph([artifact(1, HOSTILE, uri=HOSTILE, name=HOSTILE, version=HOSTILE)], about=("a1",))
    for drawn in (svg(hostile), svg_file(hostile), notebook_html(hostile)):
        assert "<script" not in drawn
        assert "\x00" not in drawn
        assert "&lt;script&gt;" in drawn
        drawn.encode()


def test_a_drawing_for_a_page_has_neither_styles_nor_scripts_of_its_own():
    drawn = svg(SMALL)
    assert not re.search(r"\sstyle=|<style|<script|\son[a-z]+=|javascript:", drawn)


def test_a_node_says_what_it_is_in_words_and_can_be_reached_by_keyboard():
    root = ElementTree.fromstring(svg(SMALL))
    nodes = {node.get("data-key"): node for node in root.iter(f"{SVG}a")}
    assert nodes["a1"].get("aria-label") == "artifact 1: Examples, span 3, more beyond it"
    assert nodes["e2"].get("aria-label") == "execution 2: Trainer, 2.9 s"
    assert nodes["a3"].get("href") == "#node-a3"
    assert "about" in str(nodes["a3"].get("class")).split()
    assert texts(root) == ["Examples", "span 3", "Trainer", "2.9 s", "ModelVersion", "penguin@1.2.0"]
    still = ElementTree.fromstring(svg_file(SMALL).encode())
    assert [node.get("tabindex") for node in still.iter() if node.get("data-key")] == ["0"] * 3


def test_artifacts_and_executions_differ_in_shape():
    root = ElementTree.fromstring(svg(SMALL))
    corners = {node.get("data-key"): node.find(f"{SVG}rect").get("rx") for node in root.iter(f"{SVG}a")}
    assert corners["a1"] == corners["a3"] != corners["e2"]


def test_a_long_text_is_cut_short_and_told_in_full():
    name = "AVeryLongTypeNameThatNoBoxHasRoomForAtAll"
    root = ElementTree.fromstring(svg(graph([artifact(1, name)])))
    assert texts(root)[0].endswith("…")
    assert name.startswith(texts(root)[0][:-1])
    assert name in str(root.find(f".//{SVG}a/{SVG}title").text)


def test_a_file_brings_its_style_for_light_and_dark():
    drawn = svg_file(SMALL)
    assert drawn.startswith("<?xml")
    assert "prefers-color-scheme: dark" in drawn
    used, given_ = set(re.findall(r"var\((--[a-z-]+)", drawn)), set(re.findall(r"(--[a-z-]+):", drawn))
    assert used <= given_


def test_a_notebook_gets_no_style_that_reaches_beyond_the_drawing():
    html = SMALL._repr_html_()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    rules = re.sub(r"\([^()]*\)", "", re.sub(r"@media[^{]*\{", "", style))
    selectors = [one.strip() for found in re.findall(r"([^{}]+)\{", rules) for one in found.split(",")]
    assert selectors
    assert [one for one in selectors if not one.startswith(".lineage")] == []
    assert "<script" not in html
    assert html.count("<tr>") == 4
    assert "<details>" in html


def test_captions_tell_what_matters():
    said = captions(
        graph(
            [
                artifact(1, "ModelBlessing", properties={"blessed": 1}, version="m@1.0.0"),
                artifact(2, "ModelBlessing", properties={"blessed": 0}),
                artifact(3, "PushedModel", properties={"hallmark_outcome": "refused", "pushed": 0}),
                artifact(
                    4, "PushedModel", properties={"hallmark_outcome": "published", "pushed_version": "7"}
                ),
                artifact(5, "Model", properties={"exists": 1, "version": "1.0.0", "release": "1"}),
                artifact(6, "Examples", properties={}),
                artifact(7, "Schema", state="DELETED"),
                artifact(10, "ExampleAnomalies", properties={"blessed": '{"train": 0}'}),
                execution(8, state="FAILED", seconds=3.0),
                execution(
                    9, "Rollback", properties={"seq": 4, "actor": "ada", "version": "1.0.0"}, seconds=0.0
                ),
            ],
            edge("e8", "a6", "transformed_examples"),
        )
    )
    assert {key: caption.detail for key, caption in said.items()} == {
        "a1": "blessed",
        "a2": "not blessed",
        "a3": "refused",
        "a4": "release 7",
        "a5": "1.0.0, release 1",
        "a6": "transformed_examples",
        "a7": "deleted",
        "a10": "artifact 10",
        "e8": "failed, 3.0 s",
        "e9": "1.0.0 by ada",
    }


def test_durations_are_written_for_people():
    written = [duration(seconds) for seconds in (0, 0.016, 59.94, 59.96, 200, 3900)]
    assert written == ["0 s", "0.016 s", "59.9 s", "1 min 0 s", "3 min 20 s", "1 h 5 min"]
