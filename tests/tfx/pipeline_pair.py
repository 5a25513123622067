"""Two pipelines at once, each in a process of its own, of which neither pushes before both have evaluated."""

import multiprocessing
import multiprocessing.connection
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from pathlib import Path

from tfx import v1 as tfx
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.types import standard_artifacts

from tests.tfx.pipelines import Pipelines

SECONDS = 300

_meeting: Barrier | None = None


def run_at_once(pipelines: Pipelines, *errors: Sequence[int]) -> None:
    """Runs a pipeline for each model at the same time; their components run at once from the first one on.

    Args:
        pipelines: What to run; the pipelines share its registry and its store.
        *errors: The errors of each pipeline's model.
    """
    context = multiprocessing.get_context("spawn")
    meeting = context.Barrier(len(errors), timeout=SECONDS)
    running = [context.Process(target=_run, args=(pipelines, one, meeting)) for one in errors]
    for process in running:
        process.start()
    codes = []
    while running:
        ended = multiprocessing.connection.wait([process.sentinel for process in running])
        for process in [process for process in running if process.sentinel in ended]:
            running.remove(process)
            process.join()
            codes.append(process.exitcode)
            if process.exitcode:
                meeting.abort()  # or the others would wait for this one
    assert codes == [0] * len(errors)


def _run(pipelines: Pipelines, errors: Sequence[int], meeting: Barrier) -> None:
    global _meeting
    _meeting = meeting
    pipeline = pipelines.define(errors, [Meeting()])
    meeting.wait()
    tfx.orchestration.LocalDagRunner().run(pipeline)


class Meeting:
    """Stands between evaluation and push, until all pipelines have come so far."""

    def component(self, evaluator: BaseComponent, root: Path) -> BaseComponent:
        return wait_for_the_others(evaluation=evaluator.outputs["evaluation"])


@component
def wait_for_the_others(
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    done: OutputArtifact[standard_artifacts.String],
) -> None:
    """Returns when every pipeline has evaluated."""
    assert _meeting is not None
    _meeting.wait()
    done.value = evaluation.uri
