"""Puts a project's names into the reference pipeline's settings, and leaves the rest of the file as it is."""

import re

import yaml

_MONITOR = "-monitor"
_LONGEST = 63  # characters of a pipeline's name
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")


def rename(text: str, *, model: str, pipeline: str) -> str:
    """Return a settings file in which the model and the pipeline have other names.

    The pipeline's name takes the place of the old one wherever that stands as a word: in `pipeline.name`,
    in a bucket's path, in comments. `registry.model` becomes the model's name. Comments keep their column.

    Args:
        text: A file such as configs/local.yaml.
        model: The model's name.
        pipeline: The pipeline's name: lower-case letters, digits and hyphens.
    """
    old_name = _scalar(text, "pipeline", "name").value
    # The pipeline that monitors stands beside the one that trains, under a name of its own.
    base = old_name.removesuffix(_MONITOR)
    pipeline = (
        pipeline if base == old_name else f"{pipeline[: _LONGEST - len(_MONITOR)].rstrip('-')}{_MONITOR}"
    )
    renamed = re.sub(rf"\b{re.escape(old_name)}\b", pipeline, text)
    renamed = _set(renamed, "pipeline", "name", pipeline)
    renamed = _set(renamed, "registry", "model", model)
    lines = zip(text.split("\n"), renamed.split("\n"), strict=True)
    return "\n".join(after if after == before else _aligned(before, after) for before, after in lines)


def _set(text: str, section: str, key: str, name: str) -> str:
    scalar = _scalar(text, section, key)
    # YAML would read `1.5` as a number and `null` as nothing, but both can be names.
    is_text = _PLAIN.match(name) and yaml.safe_load(name) == name
    return (
        text[: scalar.start_mark.index] + (name if is_text else f'"{name}"') + text[scalar.end_mark.index :]
    )


def _scalar(text: str, section: str, key: str) -> yaml.ScalarNode:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for name in (section, key):
        assert isinstance(node, yaml.MappingNode)
        [node] = [value for found, value in node.value if found.value == name]
    assert isinstance(node, yaml.ScalarNode)
    return node


def _aligned(before: str, after: str) -> str:
    value, mark, comment = after.partition(" #")
    return f"{value.rstrip().ljust(before.index(mark))}{mark}{comment}" if mark and value else after
