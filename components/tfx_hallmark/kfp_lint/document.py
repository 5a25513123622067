"""Reads the files that compilers write: YAML with one or two documents, or JSON."""

from pathlib import Path
from typing import Any

import yaml

from tfx_hallmark.kfp_lint.spec import Place, Spec, mapping
from tfx_hallmark.registry.errors import HallmarkError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's reads large specs ten times as fast


class UnreadableSpecError(HallmarkError):
    """A file that is missing, or no compiled pipeline."""


class SpecFile:
    """A file with a compiled pipeline.

    Args:
        path: The file.

    Raises:
        UnreadableSpecError: If it cannot be read, or holds no compiled pipeline.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._text = path.read_text(encoding="utf-8")
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror}); check the path"
            raise UnreadableSpecError(msg) from error
        except UnicodeDecodeError as error:
            msg = f"{path}: is no UTF-8 text; give the YAML or JSON file that the compiler wrote"
            raise UnreadableSpecError(msg) from error
        try:
            documents = [document for document in yaml.load_all(self._text, _LOADER) if document is not None]
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            msg = f"{path}: is neither YAML nor JSON ({reason}); give the file that the compiler wrote"
            raise UnreadableSpecError(msg) from error
        try:
            self.spec = read_spec(documents)
        except UnreadableSpecError as error:
            msg = f"{path}: {error}"
            raise UnreadableSpecError(msg) from error

    def line_of(self, place: Place) -> int:
        """Return the line, counted from 1, on which the innermost part of `place` that exists stands."""
        line, found = 1, 0
        for root in yaml.compose_all(self._text, _LOADER):
            depth, at = _descend(root, place)
            if depth > found:
                line, found = at, depth
        return line


def read_spec(documents: list[Any]) -> Spec:
    """Put a compiled pipeline together from the documents of its file.

    Args:
        documents: A pipelineSpec or a PipelineJob, and with the former perhaps a platform spec.

    Raises:
        UnreadableSpecError: If they are not that.
    """
    pipelines = [document for document in documents if _is_pipeline(document)]
    platforms = [document for document in documents if "platforms" in mapping(document)]
    if len(pipelines) != 1 or len(platforms) > 1 or len(documents) > len(pipelines) + len(platforms):
        msg = (
            "holds no compiled pipeline: expected one pipelineSpec (perhaps followed by one platform spec) "
            "or one PipelineJob, as KubeflowV2DagRunner or the KFP compiler writes it"
        )
        raise UnreadableSpecError(msg)
    [pipeline] = pipelines
    platform = platforms[0] if platforms else {}
    if "pipelineSpec" in pipeline:
        return Spec(
            pipeline=mapping(pipeline["pipelineSpec"]),
            prefix=("pipelineSpec",),
            runtime=mapping(pipeline.get("runtimeConfig")),
            platform=platform,
        )
    return Spec(pipeline=pipeline, platform=platform)


def _is_pipeline(document: Any) -> bool:
    return "pipelineSpec" in mapping(document) or {"pipelineInfo", "root"} <= set(mapping(document))


def _descend(node: yaml.Node | None, place: Place) -> tuple[int, int]:
    """Return how many keys of `place` exist under a node, and the line of the last of them."""
    line = 1
    for depth, key in enumerate(place):
        entry = _entry(node, key)
        if entry is None:
            return depth, line
        line, node = entry
    return len(place), line


def _entry(node: yaml.Node | None, key: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line + 1, node.value[key]
    return None
