"""The walk from data to the versions that were trained from it, and to nothing else."""

from collections.abc import Collection, Sequence

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.nodes import INPUTS, OUTPUTS, short
from tfx_hallmark.lineage.reading.versions_in_store import models_of
from tfx_hallmark.lineage.reading.walk import Limits, Part, walk_down

# What says something of data or a model, and is no ingredient of one: being evaluated on is not being trained
# from. Types of tfx/types/standard_artifacts.py.
_JUDGEMENTS = {
    "ExampleAnomalies", "InfraBlessing", "ModelBlessing", "ModelEvaluation", "PushedModel",
}  # fmt: skip
# Who makes such, so need not be looked at; and StableBaseline, which reads a candidate but hands out another version.
_JUDGES = {
    "BaselineEvaluator", "Evaluator", "ExampleValidator", "InfraValidator", "Pusher", "RegistryPusher",
    "StableBaseline",
}  # fmt: skip


def trained_from(reader: Reader, artifacts: Sequence[mlmd.Artifact]) -> Part:
    """Return what was made from artifacts, up to the versions that were trained from them.

    A version ends the walk: what reads it evaluates, publishes or serves it. Its model goes on, to the versions
    whose Trainer started from it.

    Args:
        reader: The store.
        artifacts: Where to start; of a ModelVersion, its model is taken too.
    """
    versions = [artifact for artifact in artifacts if short(artifact.type) == "ModelVersion"]
    starts = [artifact for artifact in artifacts if _goes_on(artifact)] + models_of(reader, versions)
    part = Part({artifact.id: artifact for artifact in [*artifacts, *starts]})
    walk_down(
        reader, part, {artifact.id for artifact in starts}, Limits(), onward=_goes_on, through=_makes_of_it
    )
    return part


def leading_to(part: Part, targets: Collection[int]) -> Part:
    """Return the part of a part from which one can get to some of its artifacts.

    Args:
        part: What was walked through.
        targets: Ids of artifacts.
    """
    made_by = {
        event.artifact_id: number
        for number, events in part.events.items()
        for event in events
        if event.type in OUTPUTS and event.artifact_id in part.artifacts
    }
    artifacts, executions = set(targets), set[int]()
    level = set(targets)
    while level:
        makers = {made_by[number] for number in level if number in made_by} - executions
        executions |= makers
        read = {e.artifact_id for one in makers for e in part.events[one] if e.type in INPUTS}
        level = (read & part.artifacts.keys()) - artifacts
        artifacts |= level
    return Part(
        artifacts={number: part.artifacts[number] for number in sorted(artifacts)},
        executions={number: part.executions[number] for number in sorted(executions)},
        events={number: part.events[number] for number in sorted(executions)},
    )


def _goes_on(artifact: mlmd.Artifact) -> bool:
    return short(artifact.type) not in _JUDGEMENTS | {"ModelVersion"}


def _makes_of_it(execution: mlmd.Execution) -> bool:
    return short(execution.type) not in _JUDGES
