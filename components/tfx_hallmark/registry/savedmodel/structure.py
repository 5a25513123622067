"""A hash of a model's architecture: the same for the same program, whatever its weights and names.

TensorFlow's own fingerprint cannot tell: it leaves out the function library, where Keras layers are.

What counts: every op that a signature's outputs depend on, how they are connected, their attributes, the types
and shapes of variables and constants, int32 constants (axes, shapes) and the names of parsed features.
What does not: node, function and resource names, the order of nodes, devices, seeds, attributes that start with
`_`, functions and variables that no signature uses (so training-only graphs, optimizers and metrics), and the
values of all other constants, since data decides them: means, variances, bounds, vocabularies, paths. So a change
that is nothing but another floating-point constant (a layer's epsilon) does not show, and one that only training
sees (a dropout rate, a loss) does not either; the digest of the training code shows both.
A vocabulary whose size sizes a layer is architecture.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.savedmodel.function_hashes import hash_functions
from tfx_hallmark.registry.savedmodel.merkle import Edges, GraphHasher, edges_of, split_reference
from tfx_hallmark.registry.savedmodel.node_bytes import called_functions, digest
from tfx_hallmark.registry.savedmodel.signature import INTERNAL_PREFIX, tensor_names

_INIT_SIGNATURE = "__saved_model_init_op"  # fills tables (tensorflow/cc/saved_model/constants.h)


def structure_of(meta_graph: Any, path: Path) -> str:
    """Hashes the architecture behind all signatures of a graph.

    Args:
        meta_graph: A `MetaGraphDef` message.
        path: Names the model in errors.

    Returns:
        64 hex digits.

    Raises:
        InvalidModelError: The graph is damaged: it refers to nodes that are not there or runs in a circle.
    """
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    library = {function.signature.name: function for function in meta_graph.graph_def.library.function}
    signatures = {
        name: definition
        for name, definition in sorted(meta_graph.signature_def.items())
        if not name.startswith(INTERNAL_PREFIX) or name == _INIT_SIGNATURE
    }
    roots = [node for definition in signatures.values() for node, _, _ in _ends(definition.outputs)]
    called = [
        callee for name in _reachable(nodes, roots, _all) for callee in called_functions(nodes[name], library)
    ]
    hasher = GraphHasher(
        nodes,
        labels=_labels(nodes, roots, signatures),
        functions=hash_functions(library, called, str(path)),
        where=str(path),
    )
    parts = []
    for name, definition in signatures.items():
        parts += [name.encode(), str(len(definition.inputs)).encode()]
        for node, output, end in [*_ends(definition.inputs), *_ends(definition.outputs)]:
            parts += (end, hasher.hash_of(node), output.encode())
    return digest(*parts, *hasher.loop_hashes()).hex()


def _ends(tensors: Any) -> list[tuple[str, str, bytes]]:
    """Gives node, output and the client's name of every tensor of a signature's inputs or outputs, sorted."""
    return [
        (*split_reference(reference), name.encode())
        for name, tensor in sorted(tensors.items())
        for reference in tensor_names(tensor)
    ]


def _reachable(
    nodes: Mapping[str, Any], roots: Iterable[str], sources: Callable[[Edges], list[str]]
) -> list[str]:
    """Lists the nodes that the roots depend on, in the order of the first visit, each input after the other.

    Args:
        nodes: `NodeDef` messages by name.
        roots: Where to start.
        sources: Gives the nodes to visit from what one node reads.
    """
    found: dict[str, None] = {}
    pending = list(reversed(list(roots)))
    while pending:
        name = pending.pop()
        if name not in found and name in nodes:
            found[name] = None
            pending += reversed(sources(edges_of(nodes[name])))
    return list(found)


def _data(edges: Edges) -> list[str]:
    return [source for source, _ in edges.data]


def _all(edges: Edges) -> list[str]:
    return [*_data(edges), *edges.control]


def _labels(
    nodes: Mapping[str, Any], roots: Iterable[str], signatures: Mapping[str, Any]
) -> dict[str, bytes]:
    """Tells sources apart that look alike: inputs by the client's names, variables and tables by their place.

    The place is that of the first visit along data inputs. What only a control input leads to has none: control
    inputs stand in the order of their names.
    """
    feeds: dict[str, list[bytes]] = {}
    for signature, definition in signatures.items():
        for node, output, end in _ends(definition.inputs):
            feeds.setdefault(node, []).append(digest(signature.encode(), end, output.encode()))
    labels = {node: digest(b"input", *sorted(ends)) for node, ends in feeds.items()}
    place = 0
    for name in _reachable(nodes, roots, _data):
        node = nodes[name]
        if name not in labels and not node.input and node.op not in ("Const", "NoOp"):
            labels[name] = digest(b"place", str(place).encode())
            place += 1
    return labels
