"""Events as TensorBoard's own plugins write them, made without TensorFlow."""

import datetime
from collections.abc import Mapping
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb

from tfx_hallmark.registry.version_facts import Value

Event = Any  # an `event_pb2.Event`


def seconds(time: str) -> float:
    """Return an event's time as TensorBoard counts it."""
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


def beginning(time: str) -> list[Event]:
    """Return what a file starts with: its form, and that whatever an older file of the run said is void."""
    at = seconds(time)
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    return [
        event_pb2.Event(wall_time=at, file_version="brain.Event:2"),
        event_pb2.Event(wall_time=at, step=0, session_log=start),
    ]


def scalars(time: str, step: int, values: Mapping[str, float]) -> list[Event]:
    """Return the event that holds values at a step, by their tags; none if there are none."""
    return [_event(time, step, *(scalar_pb(tag, value) for tag, value in values.items()))] if values else []


def text(time: str, step: int, tag: str, markdown: str) -> Event:
    """Return the event that holds a text in Markdown."""
    return _event(time, step, text_pb(tag, markdown))


def session(started: str, ended: str, name: str, hyperparameters: Mapping[str, Value]) -> list[Event]:
    """Return the events that make a run a session of the HParams plugin.

    Args:
        started: When it began.
        ended: When it ended.
        name: What its row is called.
        hyperparameters: What it was trained with.
    """
    start = plugin_data_pb2.SessionStartInfo(group_name=name, start_time_secs=seconds(started))
    for key, value in hyperparameters.items():
        kind = "string_value" if isinstance(value, str) else "number_value"
        setattr(start.hparams[key], kind, value)
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=seconds(ended))
    data = plugin_data_pb2.HParamsPluginData
    return [
        _event(started, 0, _hparams(metadata.SESSION_START_INFO_TAG, data(session_start_info=start))),
        _event(ended, 0, _hparams(metadata.SESSION_END_INFO_TAG, data(session_end_info=end))),
    ]


def _hparams(tag: str, data: Any) -> Any:
    # Not by TensorBoard's own function: that writes the hyperparameters in any order.
    plugin = summary_pb2.SummaryMetadata.PluginData(
        plugin_name=metadata.PLUGIN_NAME, content=data.SerializeToString(deterministic=True)
    )
    described = summary_pb2.SummaryMetadata(plugin_data=plugin)
    value = summary_pb2.Summary.Value(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)
    return summary_pb2.Summary(value=[value])


def _event(time: str, step: int, *summaries: Any) -> Event:
    values = [value for summary in summaries for value in summary.value]
    return event_pb2.Event(wall_time=seconds(time), step=step, summary=summary_pb2.Summary(value=values))
