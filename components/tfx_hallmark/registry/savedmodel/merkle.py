"""Hashes of graph nodes that stand for all that a node computes, whatever the nodes are called."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel.node_bytes import constant_value, digest, keeps_value, node_bytes

# Where a TensorFlow 1 loop closes: the only cycles that a graph may have run through these.
_LOOP_OPS = ("NextIteration", "RefNextIteration")


class Edges(msgspec.Struct, frozen=True):
    """What a node reads.

    Attributes:
        data: Node (or function argument) and output of it, in the order of the inputs.
        control: Nodes that must run first; their order means nothing.
    """

    data: tuple[tuple[str, str], ...]
    control: tuple[str, ...]


def edges_of(node: Any) -> Edges:
    """Splits the inputs of a `NodeDef` (tensorflow/core/framework/node_def.proto): `^node` is control."""
    data = tuple(split_reference(name) for name in node.input if not name.startswith("^"))
    return Edges(data, tuple(name[1:] for name in node.input if name.startswith("^")))


def split_reference(reference: str) -> tuple[str, str]:
    """Splits `node`, `node:1` or, in a function, `node:output:1` into node and output; none is output 0."""
    node, _, output = reference.partition(":")
    return node, output or "0"


class GraphHasher:
    """Hashes the nodes of one graph or function body.

    A node's hash covers its op, its attributes and the hashes of all that it reads, so two nodes hash alike if
    they compute the same from the same sources. It walks with a stack of its own: a deep graph is no deep call.

    Args:
        nodes: `NodeDef` messages by name.
        labels: What tells sources apart that look alike, by node name: the place of an argument or a variable,
            the name of an input. A name that is no node (a function's argument) is hashed by its label alone.
        functions: The digest that stands for each function, by the function's name.
        where: Names the graph in errors.
    """

    def __init__(
        self,
        nodes: Mapping[str, Any],
        *,
        labels: Mapping[str, bytes],
        functions: Mapping[str, bytes],
        where: str,
    ) -> None:
        self._nodes = nodes
        self._labels = labels
        self._functions = functions
        self._where = where
        self._edges: dict[str, Edges] = {}
        self._hashes: dict[str, bytes] = {}
        # Of constants whose value may count: the type, and the hash with the value.
        self._constants: dict[str, tuple[int, bytes]] = {}

    def hash_of(self, name: str) -> bytes:
        """Gives the hash of one node or argument.

        Raises:
            InvalidModelError: It reads a node that is not there, or the graph runs in a circle.
        """
        stack = [name]
        while stack:
            current = stack[-1]
            if current in self._hashes:
                stack.pop()
            elif current in self._edges:
                self._hashes[current] = self._combine(current)
                stack.pop()
            else:
                stack.extend(self._open(current))
        return self._hashes[name]

    def loop_hashes(self) -> list[bytes]:
        """Gives, sorted, a hash for every loop closed by the nodes hashed so far: reader, and what flows back."""
        closed: set[tuple[str, str]] = set()
        loops: list[bytes] = []
        while pending := self._back_edges() - closed:
            # Hashing what flows back may reach nodes of further loops, hence again.
            for reader, loop in sorted(pending):
                flows = [self.hash_of(source) for source, _ in edges_of(self._nodes[loop]).data]
                loops.append(digest(self._hashes[reader], *flows))
            closed |= pending
        return sorted(loops)

    def _back_edges(self) -> set[tuple[str, str]]:
        return {
            (reader, source)
            for reader, edges in self._edges.items()
            for source, _ in edges.data
            if source in self._nodes and self._nodes[source].op in _LOOP_OPS
        }

    def _open(self, name: str) -> Iterable[str]:
        """Begins a node: gives what must be hashed before it."""
        node = self._nodes.get(name)
        if node is None:
            if name not in self._labels:
                msg = (
                    f"{self._where} is damaged: it reads {name!r}, which is not there; export the model again"
                )
                raise InvalidModelError(msg)
            self._hashes[name] = digest(b"source", self._labels[name])
            return ()
        edges = Edges((), ()) if node.op in _LOOP_OPS else edges_of(node)
        self._edges[name] = edges
        needed = dict.fromkeys([source for source, _ in edges.data])
        needed.update(dict.fromkeys(edges.control))
        for source in needed:
            if source in self._edges and source not in self._hashes:
                msg = f"{self._where} is damaged: {source!r} depends on itself; export the model again"
                raise InvalidModelError(msg)
        return [source for source in needed if source not in self._hashes]

    def _combine(self, name: str) -> bytes:
        node, edges = self._nodes[name], self._edges[name]
        own = digest(node_bytes(node, self._functions), self._labels.get(name, b""))
        parts = [own]
        for source, output in edges.data:
            parts += (self._read(source, node.op), output.encode())
        parts.append(b"control")
        parts += sorted(self._hashes[source] for source in edges.control)
        if node.op == "Const":
            value = constant_value(node)
            if value is not None:
                self._constants[name] = (node.attr["value"].tensor.dtype, digest(own, value))
        return digest(*parts)

    def _read(self, source: str, op: str) -> bytes:
        """The hash of a source as a node of kind `op` reads it: with a constant's value where that counts."""
        dtype, valued = self._constants.get(source, (0, b""))
        return valued if valued and keeps_value(op, dtype) else self._hashes[source]
