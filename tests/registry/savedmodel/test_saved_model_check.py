"""Every directory that TF Serving could not serve is refused in one line that says what to do."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from tests.saved_models import NAMES, copy_saved_model
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel import check_servable, inspect_saved_model, protos

DATA = "variables/variables.data-00000-of-00001"


@pytest.fixture
def linear(tmp_path):
    return copy_saved_model("linear", tmp_path / "model")


def refusal(path):
    with pytest.raises(InvalidModelError) as caught:
        check_servable(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def edit_graph(model, change):
    """Decodes saved_model.pb, lets `change` alter the SavedModel message, writes it back."""
    message = protos.new("SavedModel")
    message.ParseFromString((model / "saved_model.pb").read_bytes())
    change(message)
    (model / "saved_model.pb").write_bytes(message.SerializeToString())


@pytest.mark.parametrize("name", NAMES)
def test_whole_models_pass(tmp_path, name):
    check_servable(copy_saved_model(name, tmp_path / name))


# What is no SavedModel directory at all


def test_missing_path(tmp_path):
    assert "does not exist; give the directory" in refusal(tmp_path / "nowhere")


def test_dangling_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    assert "does not exist" in refusal(tmp_path / "link")


def test_a_file(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"x")
    assert "is a file; give the SavedModel's directory" in refusal(tmp_path / "model.bin")


def test_a_keras_file(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"PK")
    assert "model.export" in refusal(tmp_path / "model.keras")


def test_a_directory_with_a_keras_file(tmp_path):
    (tmp_path / "model.keras").write_bytes(b"PK")
    assert "a .keras file is no SavedModel: load it with" in refusal(tmp_path)


def test_an_empty_directory(tmp_path):
    assert "the directory is empty: give the directory" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["checkpoint", "model.h5", "model.weights.h5", "ckpt-1.index"])
def test_weights_only(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    assert "it holds weights only" in refusal(tmp_path)


def test_variables_without_a_graph(linear):
    (linear / "saved_model.pb").unlink()
    assert "has no saved_model.pb; it holds weights only" in refusal(linear)


def test_one_level_too_high(tmp_path):
    deeper = copy_saved_model("linear", tmp_path / "up" / "Format-Serving")
    assert f"is one level deeper: give {deeper}" in refusal(tmp_path / "up")


def test_something_else(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert "it is no SavedModel: write one" in refusal(tmp_path)


# The graph


def test_empty_graph_file(linear):
    (linear / "saved_model.pb").write_bytes(b"")
    assert "holds no graph" in refusal(linear)


def test_truncated_graph_file(linear):
    data = (linear / "saved_model.pb").read_bytes()
    (linear / "saved_model.pb").write_bytes(data[: len(data) // 2])
    assert "saved_model.pb is truncated or damaged" in refusal(linear)


def test_a_graph_file_that_goes_on_after_its_end(linear):
    with (linear / "saved_model.pb").open("ab") as file:
        file.write(b"\x0c")  # end of a group that never began
    assert "saved_model.pb is truncated or damaged" in refusal(linear)


@pytest.mark.parametrize("tags", [[], ["train"], ["serve", "gpu"]])
def test_no_graph_to_serve(linear, tags):
    edit_graph(linear, lambda message: message.meta_graphs[0].meta_info_def.ClearField("tags"))
    edit_graph(linear, lambda message: message.meta_graphs[0].meta_info_def.tags.extend(tags))
    message = refusal(linear)
    assert "no graph with the tag 'serve' alone" in message
    assert ", ".join(sorted(tags)) in message


def test_the_serving_graph_is_found_among_others(linear):
    whole = inspect_saved_model(linear)

    def put_a_training_graph_first(message):
        serving = message.meta_graphs.pop()
        message.meta_graphs.add().meta_info_def.tags.append("train")
        message.meta_graphs.append(serving)

    edit_graph(linear, put_a_training_graph_first)
    assert inspect_saved_model(linear) == whole


def test_no_signature(linear):
    def drop(message):
        del message.meta_graphs[0].signature_def["serving_default"]

    edit_graph(linear, drop)
    assert "no signature to serve (found: none); export it with signatures=" in refusal(linear)


def test_a_signature_that_serving_refuses(linear):
    def rename(message):
        message.meta_graphs[0].signature_def["serving_default"].method_name = "train"

    edit_graph(linear, rename)
    assert "no signature to serve (found: serving_default)" in refusal(linear)


def test_a_signature_without_outputs(linear):
    edit_graph(
        linear, lambda message: message.meta_graphs[0].signature_def["serving_default"].ClearField("outputs")
    )
    assert "no signature to serve (found: serving_default)" in refusal(linear)


def test_a_tensor_of_any_rank(linear):
    def change(message):
        shape = message.meta_graphs[0].signature_def["serving_default"].inputs["x"].tensor_shape
        shape.Clear()
        shape.unknown_rank = True

    edit_graph(linear, change)
    assert inspect_saved_model(linear).signatures["serving_default"].inputs["x"].shape is None


def test_a_signature_without_its_tensor(linear):
    def rename(message):
        message.meta_graphs[0].signature_def["serving_default"].inputs["x"].name = "lost:0"

    edit_graph(linear, rename)
    assert "names the tensor 'lost:0', which the graph does not have" in refusal(linear)


def test_text_form(linear, tmp_path):
    from google.protobuf import text_format

    whole = inspect_saved_model(linear)
    message = protos.new("SavedModel")
    message.ParseFromString((linear / "saved_model.pb").read_bytes())
    text = 'unheard_of { deep: 1 deep: 2 } newer: "x"\n' + text_format.MessageToString(message)
    (linear / "saved_model.pb").unlink()
    (linear / "saved_model.pbtxt").write_text(text)
    assert inspect_saved_model(linear) == whole
    (linear / "saved_model.pbtxt").write_text(text[: len(text) // 2])
    assert "saved_model.pbtxt is truncated or damaged" in refusal(linear)


# Variables and assets


def test_missing_variables(linear):
    shutil.rmtree(linear / "variables")
    assert "has no variables/, but its graph has variables" in refusal(linear)


def test_missing_index(linear):
    (linear / "variables" / "variables.index").unlink()
    assert "has no variables/variables.index" in refusal(linear)


def test_a_model_without_variables_needs_no_directory(tmp_path):
    model = copy_saved_model("doubler", tmp_path / "model")
    shutil.rmtree(model / "variables")
    check_servable(model)


@pytest.mark.parametrize("size", [0, 10, 47, 100, -1])
def test_truncated_index(linear, size):
    index = linear / "variables" / "variables.index"
    index.write_bytes(index.read_bytes()[:size])
    assert "variables.index is truncated or damaged" in refusal(linear)


def test_missing_shard(linear):
    (linear / DATA).unlink()
    assert f"{DATA} is missing: the model's weights are incomplete" in refusal(linear)


def test_truncated_shard(linear):
    data = (linear / DATA).read_bytes()
    (linear / DATA).write_bytes(data[:-1])
    assert (
        f"is truncated: {len(data) - 1} bytes, but the index places tensors up to byte {len(data)}"
        in refusal(linear)
    )


def test_weights_of_another_model(linear, tmp_path):
    other = copy_saved_model("keras", tmp_path / "other")
    shutil.rmtree(linear / "variables")
    shutil.copytree(other / "variables", linear / "variables")
    assert "which the graph restores: the weights are another model's" in refusal(linear)


def test_missing_asset(tmp_path):
    model = copy_saved_model("vocabulary", tmp_path / "model")
    (model / "assets" / "vocabulary.txt").unlink()
    assert "vocabulary.txt is missing: the graph reads it" in refusal(model)


def test_damaged_fingerprint(linear):
    (linear / "fingerprint.pb").write_bytes(b"\x08")
    check_servable(linear)  # TF Serving does not need it
    with pytest.raises(InvalidModelError, match="not a TensorFlow fingerprint"):
        inspect_saved_model(linear)


# The file system


def test_link_out_of_the_model(linear, tmp_path):
    (linear / DATA).rename(tmp_path / "data")
    (linear / DATA).symlink_to(tmp_path / "data")
    assert "links out of the model" in refusal(linear)


def test_link_inside_the_model(linear):
    (linear / DATA).rename(linear / "variables" / "data")
    (linear / DATA).symlink_to("data")
    check_servable(linear)


def test_dangling_link_inside_the_model(linear):
    (linear / DATA).unlink()
    (linear / DATA).symlink_to("data")
    assert "cannot be read" in refusal(linear)


def test_a_graph_that_is_a_directory(linear):
    (linear / "saved_model.pb").unlink()
    (linear / "saved_model.pb").mkdir()
    assert "saved_model.pb cannot be read: Is a directory" in refusal(linear)


def test_pipe(linear):
    (linear / "assets").mkdir(exist_ok=True)
    os.mkfifo(linear / "assets" / "pipe")
    assert "is no regular file" in refusal(linear)


def test_socket(linear, monkeypatch):
    monkeypatch.chdir(linear)  # the path of a socket may have 107 bytes only
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "is no regular file" in refusal(linear)


@pytest.mark.parametrize("relative", ["saved_model.pb", "variables", "variables/variables.index", DATA])
def test_unreadable_file(linear, relative, monkeypatch):
    monkeypatch.chdir(linear.parent)
    linear.parent.chmod(0o755)
    (linear / relative).chmod(0)
    reason = _as_nobody(lambda: check_servable(Path(linear.name)))
    (linear / relative).chmod(0o755)
    assert reason.startswith(f"InvalidModelError: model/{relative} cannot be read: Permission denied")


def _as_nobody(action):
    """Runs `action` in a forked process that root's rights do not help; gives the error it raised as text."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        outcome = "passed"
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            action()
        except BaseException as error:  # the fork must never return into pytest
            outcome = f"{type(error).__name__}: {error}"
        finally:
            os.write(writer, outcome.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        outcome = stream.read()
    os.waitpid(child, 0)
    return outcome
