"""The run of a model: its metrics over its versions, and which version stands at which step."""

from collections.abc import Sequence

from tfx_hallmark.answers.measured import Read
from tfx_hallmark.answers.text import second
from tfx_hallmark.mirrors.metric_tags import metric_values
from tfx_hallmark.mirrors.tensorboard.events import Event, beginning, scalars, text
from tfx_hallmark.mirrors.tensorboard.markdown import table
from tfx_hallmark.registry.state import ModelState

_HEADERS = ["step", "version", "status", "releases", "labels", "created"]
_ROWS = 500  # that a text shows, the newest


def model_events(state: ModelState, found: Sequence[Read]) -> list[Event]:
    """Return all that the run of a model holds.

    Args:
        state: What the log says of the model.
        found: What is known of each version's evaluation, in the order of the versions.
    """
    versions = list(state.versions.values())
    if not versions:
        return []
    labels = state.labels_by_version()
    events = beginning(versions[0].created)
    rows = []
    for step, (version, read) in enumerate(zip(versions, found, strict=True), start=1):
        events += scalars(version.created, step, metric_values(read.measures))
        numbers = ", ".join(map(str, version.releases))
        own = ", ".join(labels.get(version.version, []))
        rows.append((str(step), version.version, version.standing, numbers, own, second(version.created)))
    shown = table(_HEADERS, rows[-_ROWS:][::-1])
    # Always at the same step: a text at a later one would stand beside the old one in a TensorBoard that runs.
    events.append(text(versions[-1].created, 0, "versions", shown))
    return events
