"""A compiled pipeline: one file that an orchestrator can plan by without TFX, and a node can be run from.

The file is JSON. It holds the ids of the nodes and what each waits for, and beside that the pipeline's
intermediate representation (IR, tfx/proto/orchestration/pipeline.proto), which only TFX can read. Being
one file, it is replaced as a whole: nodes and IR always belong together.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tfx_hallmark.registry.errors import ConfigError, HallmarkError
from tfx_hallmark.registry.storage import LocalStorage

if TYPE_CHECKING:
    from tfx.v1.dsl import Pipeline

_FORMAT = 1


class CompiledPipelineError(HallmarkError):
    """A compiled pipeline that is missing, damaged, or not for this environment."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One node of a pipeline.

    Attributes:
        id: Its id, e.g. `Trainer`.
        upstream: Ids of the nodes that must have ended before it may start.
    """

    id: str
    upstream: tuple[str, ...]


class CompiledPipeline(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds.

    Attributes:
        format: Version of this layout.
        name: The pipeline's name in ML Metadata.
        nodes: All nodes, each after those it waits for.
        settings: What else the orchestrator is to know, e.g. the schedule; whatever `compile_pipeline` was given.
        tfx: Version of the TFX that compiled it. Only the same version runs it.
        python: The interpreter that compiled it, which has that TFX.
        password_left_out: Whether the password of ML Metadata's database has to be added to the IR.
        ir: The pipeline's IR, serialized.
    """

    format: int
    name: str
    nodes: tuple[Node, ...]
    settings: dict[str, Any]
    tfx: str
    python: str
    password_left_out: bool
    ir: bytes


class _Head(msgspec.Struct):
    format: int


def compile_pipeline(
    pipeline: "Pipeline", file: Path, *, settings: Mapping[str, Any] | None = None
) -> CompiledPipeline:
    """Compile a pipeline and write it to a file, in the TFX environment.

    Module files are packed into wheels below the pipeline root, as any TFX runner does it, so that root must be
    reachable from here. A password of ML Metadata's database is not written to the file.

    Args:
        pipeline: The pipeline. Its root is absolute, or a URI, for its nodes run in other working directories.
        file: Where to write it; replaced as a whole if it is there.
        settings: JSON values that the orchestrator is to know.

    Raises:
        ConfigError: If the pipeline cannot be run from a file, node by node.
        StorageError: If the file cannot be written.
    """
    import tfx
    from tfx.orchestration.portable.tfx_runner import IrBasedRunner

    from tfx_hallmark.orchestration.connection import take_password_out

    class Compiler(IrBasedRunner):
        """A runner that runs nothing: whatever TFX does before a run is done, and the IR is handed out."""

        def run_with_ir(self, pipeline: Any, run_options: Any = None, **_: Any) -> Any:
            return pipeline

    _check_root(pipeline.pipeline_info.pipeline_root)
    ir = Compiler().run(pipeline)
    password_left_out = take_password_out(ir)
    compiled = CompiledPipeline(
        format=_FORMAT,
        name=ir.pipeline_info.id,
        nodes=_nodes(ir),
        settings=dict(settings or {}),
        tfx=tfx.__version__,
        python=sys.executable,
        password_left_out=password_left_out,
        ir=_serialized(ir),
    )
    data = msgspec.json.format(msgspec.json.encode(compiled), indent=1) + b"\n"
    LocalStorage(file.parent).replace(file.name, data)
    return compiled


def read_compiled(file: Path) -> CompiledPipeline:
    """Read a compiled pipeline; needs no TFX.

    Raises:
        CompiledPipelineError: If it is not there, is no compiled pipeline, or is of another format.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        msg = (
            f"no compiled pipeline at {file}: compile it in the TFX environment, and give the same path here"
        )
        raise CompiledPipelineError(msg) from None
    except OSError as error:
        msg = f"the compiled pipeline {file} cannot be read: {error.strerror}"
        raise CompiledPipelineError(msg) from None
    try:
        found = msgspec.json.decode(data, type=_Head).format
        if found == _FORMAT:
            return msgspec.json.decode(data, type=CompiledPipeline)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        msg = f"{file} is not a compiled pipeline ({error}): compile it again"
        raise CompiledPipelineError(msg) from None
    msg = (
        f"{file} has format {found}, and this tfx-hallmark reads {_FORMAT}: "
        "compile it again, with the same tfx-hallmark"
    )
    raise CompiledPipelineError(msg)


def _check_root(root: str) -> None:
    if "://" not in root and not os.path.isabs(root):  # noqa: PTH117 - a URI is no Path
        msg = f"the pipeline root '{root}' is relative, but nodes run in other working directories: make it absolute"
        raise ConfigError(msg)


def _serialized(ir: Any) -> bytes:
    """Return an IR's bytes, the same for the same pipeline, so that a new file means a change."""
    from tfx.proto.orchestration import pipeline_pb2

    # It is packed within the IR, out of the reach of `deterministic`, and it holds maps.
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    ir.deployment_config.Unpack(deployment)
    ir.deployment_config.Pack(deployment, deterministic=True)
    return bytes(ir.SerializeToString(deterministic=True))


def _nodes(ir: Any) -> tuple[Node, ...]:
    nodes = []
    for either in ir.nodes:
        if not either.HasField("pipeline_node"):
            msg = (
                f"pipeline {ir.pipeline_info.id} has a pipeline within it: use that one's components instead"
            )
            raise ConfigError(msg)
        node = either.pipeline_node
        nodes.append(Node(id=node.node_info.id, upstream=tuple(sorted(node.upstream_nodes))))
    return tuple(nodes)
