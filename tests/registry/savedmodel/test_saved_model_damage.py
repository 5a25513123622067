"""Whatever bytes a model's files hold, inspection ends in an answer or in InvalidModelError."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.saved_models import FIXTURES, copy_saved_model
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel import inspect_saved_model, protos

FILES = ("saved_model.pb", "variables/variables.index", "fingerprint.pb")


@st.composite
def damages(draw, data):
    """Gives `data` cut short, with bytes changed, or with a piece removed or put in."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(changed) - 1, 0)))
        kind = draw(st.sampled_from(["cut", "change", "remove", "insert"]))
        if kind == "cut":
            del changed[place:]
        elif kind == "change" and changed:
            changed[place] = draw(st.integers(0, 255))
        elif kind == "remove":
            del changed[place : place + draw(st.integers(1, 40))]
        else:
            changed[place:place] = draw(st.binary(max_size=20))
    return bytes(changed)


def answer_or_refusal(name, change):
    """Lets `change` alter a copy of a fixture, inspects it, and gives what was said, if anything was."""
    with tempfile.TemporaryDirectory() as scratch:
        model = copy_saved_model(name, Path(scratch) / "model")
        change(model)
        try:
            inspect_saved_model(model)
        except InvalidModelError as error:
            return str(error)
    return ""


@pytest.mark.parametrize("name", ["linear", "vocabulary", "keras"])
@pytest.mark.parametrize("relative", FILES)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_file(name, relative, data):
    original = (FIXTURES / name / relative).read_bytes()
    damaged = data.draw(damages(original))
    assert "\n" not in answer_or_refusal(name, lambda model: (model / relative).write_bytes(damaged))


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_damaged_text_form(data):
    from google.protobuf import text_format

    message = protos.new("SavedModel")
    message.ParseFromString((FIXTURES / "doubler" / "saved_model.pb").read_bytes())
    text = text_format.MessageToString(message).encode()
    damaged = data.draw(damages(text))

    def change(model):
        (model / "saved_model.pb").unlink()
        (model / "saved_model.pbtxt").write_bytes(damaged)

    assert "\n" not in answer_or_refusal("doubler", change)


@pytest.mark.parametrize("relative", FILES)
@given(data=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes(relative, data):
    assert "\n" not in answer_or_refusal("linear", lambda model: (model / relative).write_bytes(data))


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_graph_with_any_edges(data):
    """Reads of nodes that are not there and circles, which bytes changed at random seldom make."""
    message = protos.new("SavedModel")
    message.ParseFromString((FIXTURES / "keras" / "saved_model.pb").read_bytes())
    graph = message.meta_graphs[0].graph_def
    bodies = [graph.node, *(function.node_def for function in graph.library.function)]
    body = data.draw(st.sampled_from([body for body in bodies if len(body) > 1]))
    for _ in range(data.draw(st.integers(1, 5))):
        reader, source = data.draw(st.sampled_from(body)), data.draw(st.sampled_from(body))
        reference = data.draw(
            st.sampled_from([source.name, f"{source.name}:out:0", f"^{source.name}", "lost"])
        )
        reader.input.insert(0, reference)
    changed = message.SerializeToString()
    assert "\n" not in answer_or_refusal(
        "keras", lambda model: (model / "saved_model.pb").write_bytes(changed)
    )


def test_nesting_without_end_is_refused(tmp_path):
    model = copy_saved_model("doubler", tmp_path / "model")
    shutil.rmtree(model / "variables")
    text = (
        "meta_graphs { graph_def { node { attr { key: 'f' value " + "{ func { attr { key: 'f' value " * 20_000
    )
    (model / "saved_model.pb").unlink()
    (model / "saved_model.pbtxt").write_text(text)
    with pytest.raises(InvalidModelError, match="truncated or damaged"):
        inspect_saved_model(model)
