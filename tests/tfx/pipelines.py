"""Whole pipelines on the tiny model: ImportExampleGen, a real Trainer and our components, run by LocalDagRunner."""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd
from tfx import v1 as tfx
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.types import standard_artifacts

from tests.tfx import tiny_model
from tests.tfx.workbench import BEAM_ARGS, NAME, accuracy_gate
from tfx_hallmark import BaselineEvaluator, Registry, RegistryPusher, StableBaseline, VersionTagger
from tfx_hallmark.registry.numbering import AtLevel


class Outcome(msgspec.Struct):
    """How one component fared in one run.

    Attributes:
        state: `COMPLETE` or `CACHED`.
        outputs: Ids of the output artifacts.
    """

    state: str
    outputs: tuple[int, ...]


class Pipelines:
    """Runs pipelines that share a registry and a metadata store.

    Args:
        folder: For everything.
        root: The registry's root.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.connection = tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(folder / "mlmd.db")
        )
        rows = [tiny_model.serialized(row) for row in tiny_model.rows()]
        for split in ("train", "eval"):
            tiny_model.write_records(folder / "data" / split / "rows.gz", rows)

    @property
    def store(self) -> metadata_store.MetadataStore:
        return metadata_store.MetadataStore(self.connection)

    def run(self, errors: Sequence[int], *, upstream_of_pusher: Sequence["Rival"] = ()) -> dict[str, Outcome]:
        """Runs the pipeline for a model with these errors, cached, and gives what each component did."""
        before = {execution.id for execution in self.store.get_executions()}
        tfx.orchestration.LocalDagRunner().run(self.define(errors, upstream_of_pusher))
        return {
            self.store.get_execution_types_by_id([execution.type_id])[0].name.rpartition(".")[
                2
            ]: self._outcome(execution)
            for execution in self.store.get_executions()
            if execution.id not in before
        }

    def _outcome(self, execution: mlmd.Execution) -> Outcome:
        outputs = [
            event.artifact_id
            for event in self.store.get_events_by_execution_ids([execution.id])
            if event.type == mlmd.Event.OUTPUT
        ]
        return Outcome(mlmd.Execution.State.Name(execution.last_known_state), tuple(outputs))

    def define(self, errors: Sequence[int], rivals: Sequence["Rival"] = ()) -> tfx.dsl.Pipeline:
        split = tfx.proto.Input.Split
        gen = tfx.components.ImportExampleGen(
            input_base=str(self.folder / "data"),
            input_config=tfx.proto.Input(
                splits=[split(name="train", pattern="train/*"), split(name="eval", pattern="eval/*")]
            ),
        )
        trainer = tfx.components.Trainer(
            examples=gen.outputs["examples"],
            run_fn="tests.tfx.tiny_model.run_fn",
            train_args=tfx.proto.TrainArgs(num_steps=1),
            eval_args=tfx.proto.EvalArgs(num_steps=1),
            custom_config={"errors": list(errors)},
        )
        model = trainer.outputs["model"]
        tagger = VersionTagger.after(trainer, registry_root=str(self.root), model_name=NAME)
        baseline = StableBaseline(model=model, model_version=tagger.outputs["model_version"])
        evaluator = BaselineEvaluator(
            gen.outputs["examples"],
            model,
            baseline=baseline.outputs["baseline"],
            model_version=tagger.outputs["model_version"],
            eval_config=accuracy_gate(),
        )
        pusher = RegistryPusher(
            model,
            evaluator.outputs["blessing"],
            model_version=tagger.outputs["model_version"],
            evaluation=evaluator.outputs["evaluation"],
            baseline=baseline.outputs["baseline"],
        )
        between = [rival.component(evaluator, self.root) for rival in rivals]
        for one in between:
            pusher.add_upstream_node(one)
        return tfx.dsl.Pipeline(
            pipeline_name="tiny-pipeline",
            pipeline_root=str(self.folder / "artifacts"),
            metadata_connection_config=self.connection,
            components=[gen, trainer, tagger, baseline, evaluator, *between, pusher],
            enable_cache=True,
            beam_pipeline_args=BEAM_ARGS,
        )


class Rival(msgspec.Struct, frozen=True):
    """Somebody who publishes another model between a pipeline's evaluation and its push."""

    model: Path

    def component(self, evaluator: BaseComponent, root: Path) -> BaseComponent:
        return publish_rival(
            evaluation=evaluator.outputs["evaluation"], root=os.fspath(root), model=os.fspath(self.model)
        )


@component
def publish_rival(
    evaluation: InputArtifact[standard_artifacts.ModelEvaluation],
    done: OutputArtifact[standard_artifacts.String],
    root: Parameter[str],
    model: Parameter[str],
) -> None:
    """Publishes a model; the second time it finds it published."""
    registered = Registry.open(root).model(NAME)
    version = registered.tag(Path(model), number=AtLevel("patch"))
    registered.push_unchecked(Path(model), version.version, reason="a rival")
    done.value = version.version
