"""Finds what pipelines recorded of the releases that TFX Pusher made: run, settings, data, evaluation.

The way goes by ids and events alone: from the PushedModel to the Pusher that wrote it, from there to the
model and the blessing that it read, and from each of these to what made it. Each step is a few calls, whatever
the number of releases.
"""

import json
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.nodes import INPUTS, OUTPUTS, event_name, properties_of
from tfx_hallmark.lineage.reading.pipeline_artifacts import OWN, is_pushed, text
from tfx_hallmark.lineage.reading.walk import producers
from tfx_hallmark.lineage.recording.recorded_types import PUSHED_MODEL
from tfx_hallmark.registry.manifest import Code, DataSource, Provenance, Run

# Keys of tfx/components/{pusher,trainer,evaluator}/component.py.
_MODEL, _BLESSING, _EXAMPLES, _EVALUATION = "model", "model_blessing", "examples", "evaluation"


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What pipelines recorded of one release.

    Attributes:
        artifact: Id of the PushedModel artifact.
        provenance: What the model was made from, as far as ML Metadata is told.
        model_uri: Uri of the Model artifact; empty if that is not known.
        evaluation: Uri of the ModelEvaluation artifact; None if there is none.
        blessed: Whether the Evaluator blessed it; None if it gave no blessing.
    """

    artifact: int
    provenance: Provenance
    model_uri: str = ""
    evaluation: str | None = None
    blessed: bool | None = None


class _Execution(msgspec.Struct):
    """An execution with what it read and wrote, by key."""

    execution: mlmd.Execution
    inputs: dict[str, mlmd.Artifact] = {}
    outputs: dict[str, mlmd.Artifact] = {}


class PushedModels:
    """What pipelines recorded of the releases of one base path.

    Args:
        reader: The store.
        base: The base path.

    Raises:
        MetadataError: If the store fails.
    """

    def __init__(self, reader: Reader, base: Path) -> None:
        self._reader = reader
        pushed = _by_number(reader.artifacts_of_type(PUSHED_MODEL), base)
        pushers = self._makers(pushed.values())
        read = [artifact for one in pushers.values() for artifact in one.inputs.values()]
        makers = self._makers(read)
        # Transform's Examples do not say which span they are of, but those that it read do.
        self._data = self._makers(one.inputs[_EXAMPLES] for one in makers.values() if _EXAMPLES in one.inputs)
        self.found = {
            number: self._pushed(artifact, pushers.get(artifact.id), makers)
            for number, artifact in pushed.items()
        }

    def _makers(self, artifacts: Iterable[mlmd.Artifact]) -> dict[int, _Execution]:
        """Return the execution that wrote each artifact, by the artifact's id."""
        made_by = producers(self._reader, artifacts)
        events = [
            event
            for event in self._reader.events_of_executions({one.id for one in made_by.values()})
            if event.type in INPUTS | OUTPUTS
        ]
        there = {one.id: one for one in self._reader.artifacts({event.artifact_id for event in events})}
        known = {one.id: _Execution(one) for one in made_by.values()}
        for event in events:
            one = known[event.execution_id]
            side = one.inputs if event.type in INPUTS else one.outputs
            if event.artifact_id in there:
                side.setdefault(event_name(event), there[event.artifact_id])
        return {number: known[execution.id] for number, execution in made_by.items()}

    def _pushed(
        self, artifact: mlmd.Artifact, pusher: _Execution | None, makers: Mapping[int, _Execution]
    ) -> Pushed:
        model = None if pusher is None else pusher.inputs.get(_MODEL)
        blessing = None if pusher is None else pusher.inputs.get(_BLESSING)
        evaluator = None if blessing is None else makers.get(blessing.id)
        evaluation = None if evaluator is None else evaluator.outputs.get(_EVALUATION)
        return Pushed(
            artifact=artifact.id,
            provenance=Provenance() if model is None else self._provenance(model, makers.get(model.id)),
            model_uri="" if model is None else model.uri,
            evaluation=None if evaluation is None else evaluation.uri,
            blessed=None if blessing is None else properties_of(blessing).get("blessed") == 1,
        )

    def _provenance(self, model: mlmd.Artifact, trainer: _Execution | None) -> Provenance:
        run = Run(model_uri=model.uri, model_id=str(model.id))
        if trainer is None:
            return Provenance(run=run)
        names = {context.type: context.name for context in self._reader.contexts(trainer.execution.id)}
        told = properties_of(trainer.execution)
        settings = _json(told.get("custom_config"))
        seed = settings.pop("seed", None)
        module = _module(told)
        return Provenance(
            data=self._source(trainer.inputs.get(_EXAMPLES)),
            code=None if module is None else Code(module=module),
            hyperparameters=settings,
            train_args=_json(told.get("train_args")),
            eval_args=_json(told.get("eval_args")),
            seed=seed if type(seed) is int else None,
            run=msgspec.structs.replace(
                run, pipeline=names.get("pipeline"), run_id=names.get("pipeline_run")
            ),
        )

    def _source(self, examples: mlmd.Artifact | None) -> DataSource | None:
        if examples is None:
            return None
        made_by = self._data.get(examples.id)
        if made_by is not None and "span" not in properties_of(examples):
            examples = made_by.inputs.get(_EXAMPLES, examples)
        told = properties_of(examples)
        splits = told.get("split_names")
        return DataSource(
            uri=examples.uri,
            span=_number(told.get("span")),
            version=_number(told.get("version")),
            splits=tuple(sorted(json.loads(splits))) if isinstance(splits, str) and splits else (),
        )


def _by_number(artifacts: Iterable[mlmd.Artifact], base: Path) -> dict[int, mlmd.Artifact]:
    """Return the artifact of each release of a base path.

    Of two pushes within one second the first made the directory; the second is recorded with it all the same
    (tfx/components/pusher/executor.py), so the oldest artifact counts. A destination under another root with
    the same model and number is that of a directory that was moved, or is mounted elsewhere.
    """
    here: dict[int, mlmd.Artifact] = {}
    elsewhere: dict[int, mlmd.Artifact] = {}
    for artifact in sorted(artifacts, key=lambda artifact: artifact.id):
        destination = posixpath.normpath(text(artifact, "pushed_destination"))
        folder, number = posixpath.split(destination)
        # What sync made in the place of a record tells nothing that a pipeline knew.
        if artifact.external_id.startswith(OWN) or not is_pushed(artifact):
            continue
        if not (number.isascii() and number.isdigit()):
            continue
        if folder == str(base):
            here.setdefault(int(number), artifact)
        elif posixpath.basename(folder) == base.name:
            elsewhere.setdefault(int(number), artifact)
    return elsewhere | here


def _json(value: object) -> dict[str, Any]:
    try:
        told = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return {}
    return dict(told) if isinstance(told, dict) else {}


def _module(told: Mapping[str, object]) -> str | None:
    for key in ("run_fn", "module_file", "module_path"):
        value = told.get(key)
        if isinstance(value, str) and value:
            # MODULE@FOLDER/WHEEL (tfx/components/util/udf_utils.py).
            return value.partition("@")[0]
    return None


def _number(value: object) -> str | None:
    return str(int(value)) if isinstance(value, int | float) else value if isinstance(value, str) else None
