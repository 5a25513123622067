"""Hashes of a graph's functions by what they do: their names end in numbers that differ between exports."""

from collections.abc import Iterable, Mapping
from typing import Any

from tfx_hallmark.registry.savedmodel.merkle import GraphHasher, split_reference
from tfx_hallmark.registry.savedmodel.node_bytes import called_functions, digest


def hash_functions(library: Mapping[str, Any], entry_points: Iterable[str], where: str) -> dict[str, bytes]:
    """Hashes every function that can be reached from some.

    Functions may call one another in circles. Those of one circle are refined together, starting alike, as often
    as the circle has members: then each has seen every other.

    Args:
        library: `FunctionDef` messages by name.
        entry_points: Names in the library to start from.
        where: Names the graph in errors.

    Raises:
        InvalidModelError: A body reads a node that is not there.
    """
    calls = _call_graph(library, entry_points)
    hashes: dict[str, bytes] = {}
    for circle in _circles(calls):
        recursive = len(circle) > 1 or circle[0] in calls[circle[0]]
        if recursive:
            hashes.update(dict.fromkeys(circle, b"recursive"))
        for _ in range(len(circle) if recursive else 1):
            hashes.update({name: _hash_function(library[name], hashes, where) for name in circle})
    return hashes


def _hash_function(function: Any, hashes: Mapping[str, bytes], where: str) -> bytes:
    """One body: arguments count by place, results by place, and what runs for its effect only in any order."""
    labels = {}
    for place, argument in enumerate(function.signature.input_arg):
        types = (str(argument.type), argument.type_attr, argument.number_attr, argument.type_list_attr)
        labels[argument.name] = digest(str(place).encode(), *(part.encode() for part in types))
    nodes = {node.name: node for node in function.node_def}
    hasher = GraphHasher(
        nodes, labels=labels, functions=hashes, where=f"{where}, function {function.signature.name}"
    )
    parts = list(labels.values())
    for result in function.signature.output_arg:
        node, output = split_reference(function.ret[result.name])
        parts += (b"result", hasher.hash_of(node), output.encode())
    parts += sorted(hasher.hash_of(node) for node in function.control_ret.values())
    return digest(b"function", *parts, *hasher.loop_hashes())


def _call_graph(library: Mapping[str, Any], entry_points: Iterable[str]) -> dict[str, list[str]]:
    calls: dict[str, list[str]] = {}
    pending = list(entry_points)
    while pending:
        name = pending.pop()
        if name not in calls:
            called = {callee for node in library[name].node_def for callee in called_functions(node, library)}
            calls[name] = sorted(called)
            pending += called
    return calls


def _circles(calls: Mapping[str, list[str]]) -> list[list[str]]:
    """Groups functions that reach one another, callees before callers (Tarjan's algorithm, without recursion)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    circles: list[list[str]] = []
    for start in calls:
        work = [(start, iter(calls[start]))] if start not in order else []
        while work:
            name, rest = work[-1]
            if name not in order:
                order[name] = lowest[name] = len(order)
                path.append(name)
                on_path.add(name)
            callee = next(rest, None)
            if callee is None:
                work.pop()
                if work:
                    caller = work[-1][0]
                    lowest[caller] = min(lowest[caller], lowest[name])
                if lowest[name] == order[name]:
                    circle = [path.pop()]
                    while circle[-1] != name:
                        circle.append(path.pop())
                    on_path.difference_update(circle)
                    circles.append(circle)
            elif callee not in order:
                work.append((callee, iter(calls[callee])))
            elif callee in on_path:
                lowest[name] = min(lowest[name], order[callee])
    return circles
