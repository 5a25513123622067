"""What TensorBoard's own event loader reads from a folder."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

# TensorBoard's own switch: it then reads by itself, and does not load TensorFlow for that.
sys.modules.setdefault("tensorboard.compat.notf", ModuleType("notf"))

from tensorboard.backend.event_processing.plugin_event_accumulator import TENSORS, EventAccumulator  # noqa: E402
from tensorboard.plugins.hparams import metadata  # noqa: E402
from tensorboard.util import tensor_util  # noqa: E402


class Loaded:
    """A run, read as a TensorBoard that is started now reads it."""

    def __init__(self, run: Path) -> None:
        self._events = EventAccumulator(str(run), size_guidance={TENSORS: 0})
        self._events.Reload()

    def reload(self) -> "Loaded":
        """Read on, as a TensorBoard does that runs."""
        self._events.Reload()
        return self

    def tags(self, plugin: str) -> set[str]:
        """Gives the tags that a plugin shows."""
        return (
            set(self._events.PluginTagToContent(plugin)) if plugin in self._events.ActivePlugins() else set()
        )

    def scalars(self, tag: str) -> list[tuple[int, Any]]:
        """Gives the points of a line: step and value."""
        return [
            (event.step, pytest.approx(tensor_util.make_ndarray(event.tensor_proto).item()))
            for event in self._events.Tensors(tag)
        ]

    def times(self, tag: str) -> list[float]:
        return [event.wall_time for event in self._events.Tensors(tag)]

    def texts(self, tag: str) -> list[str]:
        """Gives every text of a tag that TensorBoard holds."""
        return [
            tensor_util.make_ndarray(event.tensor_proto).item().decode()
            for event in self._events.Tensors(tag)
        ]

    def session(self) -> tuple[Any, Any]:
        """Gives how the session of HParams began and how it ended."""
        content = self._events.PluginTagToContent(metadata.PLUGIN_NAME)
        return (
            metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG]),
            metadata.parse_session_end_info_plugin_data(content[metadata.SESSION_END_INFO_TAG]),
        )
