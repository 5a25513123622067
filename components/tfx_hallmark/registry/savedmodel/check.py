"""Checks that a directory is a whole SavedModel that TF Serving can load and serve."""

from pathlib import Path
from typing import Any

import msgspec

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel.checkpoint_index import (
    INDEX_FILE,
    CheckpointIndex,
    check_shards,
    read_checkpoint_index,
)
from tfx_hallmark.registry.savedmodel.files import check_readable, unreadable
from tfx_hallmark.registry.savedmodel.graph_file import read_serving_graph
from tfx_hallmark.registry.savedmodel.node_bytes import called_functions
from tfx_hallmark.registry.savedmodel.signature import (
    SERVING_METHODS,
    Signature,
    read_signatures,
    tensor_names,
)
from tfx_hallmark.registry.tree import model_files

_VARIABLE_OPS = frozenset({"VarHandleOp", "VariableV2", "Variable"})


class ServableModel(msgspec.Struct, frozen=True):
    """What a check has read, for whoever wants to know more.

    Attributes:
        graph: The `MetaGraphDef` message that TF Serving loads.
        signatures: By name, sorted.
        checkpoint: None if the model has no `variables/variables.index`.
    """

    graph: Any
    signatures: dict[str, Signature]
    checkpoint: CheckpointIndex | None


def check_servable(path: Path) -> None:
    """Checks that `path` is a complete SavedModel with something to serve.

    Every file is opened, the graph and the checkpoint index are decoded, and what they refer to is looked for.
    The bytes of weights and assets are not read: the content digest answers for those.

    Links follow `tfx_hallmark.registry.tree.model_files`: a link to a file inside the model counts as that
    file; TF Serving would follow any other too, but a copy of the model would not hold its bytes.

    Args:
        path: The directory with `saved_model.pb`; may itself be a link.

    Raises:
        InvalidModelError: It cannot be served; the message is one line that ends in what to do.
    """
    read_servable(path)


def read_servable(path: Path) -> ServableModel:
    """As `check_servable`, and gives what was read.

    Raises:
        InvalidModelError: As for `check_servable`.
    """
    _check_directory(path)
    for relative in model_files(path):
        check_readable(path / relative)
    try:
        graph = read_serving_graph(path)
        signatures = read_signatures(graph)
        _check_signatures(path, graph, signatures)
        checkpoint = _read_checkpoint(path, graph)
        _check_assets(path, graph)
    except OSError as error:
        raise unreadable(path, error) from error
    return ServableModel(graph, signatures, checkpoint)


def _check_directory(path: Path) -> None:
    try:
        if path.is_dir():
            return
        exists = path.exists()
    except OSError as error:
        raise unreadable(path, error) from error
    if not exists:
        msg = f"{path} does not exist; give the directory that tf.saved_model.save or model.export wrote"
    elif path.suffix == ".keras":
        msg = (
            f"{path} is a .keras file, which TF Serving cannot load; "
            "load it with keras.models.load_model and write a SavedModel with model.export"
        )
    else:
        msg = f"{path} is a file; give the SavedModel's directory, which tf.saved_model.save or model.export writes"
    raise InvalidModelError(msg)


def _check_signatures(path: Path, graph: Any, signatures: dict[str, Signature]) -> None:
    """One signature must be callable: TF Serving refuses a request for any other method or for no output.

    Its name is free, clients may ask for any; `serving_default` is only what they get when they name none
    (tensorflow_serving/servables/tensorflow/predict_util.cc). All tensors named must be in the graph, or
    loading the model fails (tensorflow/cc/saved_model/loader.cc).
    """
    if not any(s.outputs and s.method_name in SERVING_METHODS for s in signatures.values()):
        msg = (
            f"{path} has no signature to serve (found: {', '.join(signatures) or 'none'}); "
            "export it with signatures={'serving_default': ...}"
        )
        raise InvalidModelError(msg)
    nodes = {node.name for node in graph.graph_def.node}
    for name, definition in graph.signature_def.items():
        for tensor in (*definition.inputs.values(), *definition.outputs.values()):
            for tensor_name in tensor_names(tensor):
                if tensor_name.partition(":")[0] not in nodes:
                    msg = (
                        f"{path} is damaged: signature {name!r} names the tensor {tensor_name!r}, which the "
                        "graph does not have; export the model again"
                    )
                    raise InvalidModelError(msg)


def _read_checkpoint(path: Path, graph: Any) -> CheckpointIndex | None:
    """Reads the index, which may be missing only if the graph holds no variable.

    TF Serving loads a model whose variables are missing and fails at the first request
    (`RunRestore` in tensorflow/cc/saved_model/loader.cc takes it for a model without variables).
    """
    if (path / INDEX_FILE).exists():
        index = read_checkpoint_index(path)
        check_shards(path, index)
        _check_restored(path, graph, index)
        return index
    if any(node.op in _VARIABLE_OPS for node in graph.graph_def.node):
        lost = INDEX_FILE if (path / INDEX_FILE).parent.is_dir() else "variables/"
        msg = f"{path} has no {lost}, but its graph has variables; copy or export the model with its weights"
        raise InvalidModelError(msg)
    return None


def _check_restored(path: Path, graph: Any, index: CheckpointIndex) -> None:
    """Every name that the graph restores when it is loaded must be in the index: it may be another model's."""
    for body in _restoring_bodies(graph):
        constants = {node.name: node.attr["value"].tensor for node in body if node.op == "Const"}
        for node in body:
            names = constants.get(node.input[1].partition(":")[0]) if _restores(node) else None
            for raw in names.string_val if names is not None else ():
                key = raw.decode(errors="replace")
                if key not in index.tensors:
                    msg = (
                        f"{path / INDEX_FILE} does not hold {key!r}, which the graph restores: "
                        "the weights are another model's; export graph and weights together"
                    )
                    raise InvalidModelError(msg)


def _restores(node: Any) -> bool:
    return node.op == "RestoreV2" and len(node.input) > 1


def _restoring_bodies(graph: Any) -> list[Any]:
    """Gives the main graph's nodes and those of the functions that the saver's restore op calls."""
    library = {function.signature.name: function for function in graph.graph_def.library.function}
    bodies = [graph.graph_def.node]
    for node in graph.graph_def.node:
        if node.name == graph.saver_def.restore_op_name:
            bodies += [library[name].node_def for name in called_functions(node, library)]
    return bodies


def _check_assets(path: Path, graph: Any) -> None:
    for asset in graph.asset_file_def:
        if not (path / "assets" / asset.filename).is_file():
            msg = f"{path / 'assets' / asset.filename} is missing: the graph reads it; export the model again"
            raise InvalidModelError(msg)
