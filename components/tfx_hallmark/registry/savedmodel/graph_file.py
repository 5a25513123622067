"""Finding and decoding the graph file of a SavedModel, and the one graph in it that TF Serving loads."""

from pathlib import Path
from typing import Any

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel import protos
from tfx_hallmark.registry.savedmodel.files import read_bytes

BINARY_FILE = "saved_model.pb"
TEXT_FILE = "saved_model.pbtxt"
SERVE_TAG = "serve"  # tensorflow/cc/saved_model/tag_constants.h


def read_serving_graph(model: Path) -> Any:
    """Decodes `saved_model.pb`, or `saved_model.pbtxt` where there is no binary file.

    Gives the `MetaGraphDef` whose tags are exactly {"serve"}, which TF Serving asks for by default:
    tensorflow/cc/saved_model/reader.cc compares whole tag sets and takes the first that is equal.

    Args:
        model: The SavedModel's directory.

    Raises:
        InvalidModelError: There is no graph file, it does not decode, or no graph has the tag `serve`.
    """
    saved_model = _decode(model)
    if not saved_model.meta_graphs:
        msg = f"{model} holds no graph: its {BINARY_FILE} is empty or cut short; export the model again"
        raise InvalidModelError(msg)
    tag_sets = [sorted(set(graph.meta_info_def.tags)) for graph in saved_model.meta_graphs]
    for graph, tags in zip(saved_model.meta_graphs, tag_sets, strict=True):
        if tags == [SERVE_TAG]:
            return graph
    found = ", ".join("{" + ", ".join(tags) + "}" for tags in tag_sets)
    msg = (
        f"{model} has no graph with the tag {SERVE_TAG!r} alone, only {found}; "
        "export it with tf.saved_model.save or model.export"
    )
    raise InvalidModelError(msg)


def _decode(model: Path) -> Any:
    if (model / BINARY_FILE).exists():
        return _decode_binary(model / BINARY_FILE)
    if (model / TEXT_FILE).exists():
        return _decode_text(model / TEXT_FILE)
    msg = f"{model} has no {BINARY_FILE}; {_remedy(model)}"
    raise InvalidModelError(msg)


def _decode_binary(file: Path) -> Any:
    try:
        return protos.decode("SavedModel", read_bytes(file))
    except protos.DamagedMessageError as error:
        msg = f"{file} is truncated or damaged: it does not decode; copy or export the model again"
        raise InvalidModelError(msg) from error


def _decode_text(file: Path) -> Any:
    from google.protobuf import text_format

    message = protos.new("SavedModel")
    try:
        text = read_bytes(file).decode()
        text_format.Parse(text, message, allow_unknown_extension=True, allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError, ValueError, RecursionError) as error:
        detail = " ".join(str(error).split())[:200]
        msg = f"{file} is truncated or damaged ({detail}); copy or export the model again"
        raise InvalidModelError(msg) from error
    return message


def _remedy(model: Path) -> str:
    """What to do about a directory without a graph file, by what it does hold."""
    names = sorted(entry.name for entry in model.iterdir())
    if not names:
        return "the directory is empty: give the directory that tf.saved_model.save or model.export wrote"
    for name in names:
        if any((model / name / graph).is_file() for graph in (BINARY_FILE, TEXT_FILE)):
            return f"the SavedModel is one level deeper: give {model / name}"
    if any(name.endswith(".keras") for name in names):
        return "a .keras file is no SavedModel: load it with keras.models.load_model and write it with model.export"
    if any(
        name.endswith((".h5", ".hdf5", ".index", ".ckpt")) or name in ("checkpoint", "variables")
        for name in names
    ):
        return "it holds weights only, without a graph: build the model, load them, and write it with model.export"
    return "it is no SavedModel: write one with tf.saved_model.save or model.export"
