"""Lineage as a graph: artifacts and executions, what went into what, and in which pipeline runs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import networkx

Value = str | int | float


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact or an execution.

    Attributes:
        key: Unique in the graph: `a12` for artifact 12, `e7` for execution 7 of ML Metadata.
        kind: Which of the two it is.
        id: Its id in ML Metadata.
        type: Its type without the package, e.g. `Examples`, `ModelVersion`, `Trainer`, `Rollback`.
        full_type: Its type as ML Metadata has it.
        name: Its name there; often empty, or made up by the orchestrator.
        state: `LIVE`, `COMPLETE`, `CACHED`, `FAILED` and so on; empty if none is set.
        uri: Where an artifact lies; empty for an execution.
        created: When it was recorded, UTC, RFC 3339 with milliseconds.
        updated: When it last changed; for an execution that ended, its end.
        seconds: How long an execution took; None for an artifact and for one that has not ended.
        properties: All its properties, custom ones too; what is neither text nor number is JSON text.
        contexts: Keys of the contexts it belongs to.
        version: `model@1.2.0` if it is a version of a registry, or says which one it concerns.
    """

    key: str
    kind: Literal["artifact", "execution"]
    id: int
    type: str
    full_type: str
    name: str = ""
    state: str = ""
    uri: str = ""
    created: str = ""
    updated: str = ""
    seconds: float | None = None
    properties: Mapping[str, Value] = msgspec.field(default_factory=dict)
    contexts: tuple[str, ...] = ()
    version: str | None = None


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """An event of ML Metadata: what an execution read or wrote.

    Attributes:
        source: Key of the node that it leaves: an input's artifact, or the execution of an output.
        target: Key of the node that it reaches.
        role: Whether the artifact was read or written.
        name: Under which name the execution knows the artifact, e.g. `examples`; may be empty.
        time: When, UTC.
    """

    source: str
    target: str
    role: Literal["input", "output"]
    name: str = ""
    time: str = ""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What groups nodes: a pipeline, a run of it, a node of it.

    Attributes:
        key: Unique in the graph: `c3` for context 3 of ML Metadata.
        id: Its id there.
        type: Its type, e.g. `pipeline_run`.
        name: Its name.
        properties: As of a node.
    """

    key: str
    id: int
    type: str
    name: str
    properties: Mapping[str, Value] = msgspec.field(default_factory=dict)


class LineageGraph(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what ML Metadata knows. Has no cycles: time runs along its edges.

    Attributes:
        about: Keys of the nodes that were asked about.
        nodes: By key, in the order of their ids.
        edges: Without repetition.
        contexts: By key.
        cut: Keys of the nodes beyond which there is more, left out by a limit.
    """

    about: tuple[str, ...]
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    contexts: Mapping[str, Context] = msgspec.field(default_factory=dict)
    cut: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """Return the graph as one JSON document, its fields as documented on these classes."""
        return msgspec.json.encode(self, order="deterministic")

    def to_networkx(self) -> "networkx.MultiDiGraph":
        """Return the graph for networkx: node and edge attributes are the fields of `Node` and `Edge`.

        Raises:
            ImportError: If networkx is not installed (extra `lineage`).
        """
        from tfx_hallmark.lineage.exports import to_networkx

        return to_networkx(self)

    def to_dot(self) -> str:
        """Return the graph in Graphviz's language."""
        from tfx_hallmark.lineage.exports import to_dot

        return to_dot(self)

    def _repr_html_(self) -> str:
        """Draw the graph in a notebook."""
        from tfx_hallmark.lineage.drawing.svg import notebook_html

        return notebook_html(self)
