"""The penguin pipeline: which components there are and how they are connected. Any runner can run it."""

from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from pipeline.config import Config, GateSection
from tfx_hallmark.baseline.component import StableBaseline
from tfx_hallmark.evaluator.component import BaselineEvaluator
from tfx_hallmark.evaluator.eval_config import beats_baseline
from tfx_hallmark.pusher.component import RegistryPusher
from tfx_hallmark.tagger.component import VersionTagger

# Transform and Trainer pack this folder's .py files into a wheel, so a change of code is a change of
# their inputs: the cache sees it and the version records it. A dotted `run_fn` would hide it from both.
MODULE_FILE = str(Path(__file__).with_name("modules").absolute() / "penguin.py")


def create_pipeline(config: Config, *, run_id: str | None = None) -> tfx.dsl.Pipeline:
    """Build the pipeline that trains, tags, evaluates and publishes a model.

    Args:
        config: Where things are, the model's hyperparameters and the gate's thresholds.
        run_id: What the orchestrator replaces by the run's id, where it does not tell its executors:
            `'{{ run_id }}'` on Airflow 2, `'{{$.pipeline_job_uuid}}'` on Kubeflow.
    """
    example_gen = tfx.components.CsvExampleGen(
        input_base=config.data.folder,
        # CsvExampleGen would take every file of the folder, a README too.
        input_config=tfx.proto.Input(splits=[tfx.proto.Input.Split(name="rows", pattern="*.csv")]),
        output_config=_splits(config.data.train_buckets, config.data.eval_buckets),
    )
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    schema_gen = tfx.components.SchemaGen(
        statistics=statistics_gen.outputs["statistics"], infer_feature_shape=True
    )
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    transform = tfx.components.Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        module_file=MODULE_FILE,
        disable_statistics=True,  # StatisticsGen has them; a second time would take a third of Transform's time
    )
    trainer = tfx.components.Trainer(
        examples=transform.outputs["transformed_examples"],
        schema=schema_gen.outputs["schema"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=MODULE_FILE,
        train_args=tfx.proto.TrainArgs(num_steps=config.trainer.steps),
        custom_config=_custom_config(config),
    )
    tagger = VersionTagger.after(
        trainer,
        # The Trainer's own have been through Transform: no span is on them, and their last digits vary.
        examples=example_gen.outputs["examples"],
        registry_root=config.registry.root,
        model_name=config.registry.model,
        run_id=run_id,
        container_image=getattr(config.runner, "image", None),
    )
    baseline = StableBaseline(model=trainer.outputs["model"], model_version=tagger.outputs["model_version"])
    evaluator = BaselineEvaluator(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        baseline=baseline.outputs["baseline"],
        model_version=tagger.outputs["model_version"],
        eval_config=_gate(config.gate),
    )
    pusher = RegistryPusher(
        model=trainer.outputs["model"],
        model_version=tagger.outputs["model_version"],
        model_blessing=evaluator.outputs["blessing"],
        evaluation=evaluator.outputs["evaluation"],
        baseline=baseline.outputs["baseline"],
        rollout=config.registry.rollout,
        run_id=run_id,
    )
    data = [example_gen, statistics_gen, schema_gen, example_validator, transform]
    return tfx.dsl.Pipeline(
        pipeline_name=config.pipeline.name,
        pipeline_root=config.pipeline.root,
        metadata_connection_config=config.metadata.connection(),
        components=[*data, trainer, tagger, baseline, evaluator, pusher],
        enable_cache=config.pipeline.enable_cache,
        beam_pipeline_args=config.beam.arguments(),
    )


def _custom_config(config: Config) -> dict[str, Any]:
    """Return what the module gets: hyperparameters, and where the training is logged to, if anywhere."""
    settings = config.trainer.model_dump(exclude={"steps", "log_to"})
    if config.trainer.log_to:
        settings |= {"log_to": config.trainer.log_to, "log_as": config.registry.model}
    return settings


def _splits(train: int, evaluation: int) -> tfx.proto.Output:
    """Split rows by a hash of their content, so that a row is always on the same side."""
    split = tfx.proto.SplitConfig.Split
    return tfx.proto.Output(
        split_config=tfx.proto.SplitConfig(
            splits=[split(name="train", hash_buckets=train), split(name="eval", hash_buckets=evaluation)]
        )
    )


def _gate(gate: GateSection) -> Any:
    # Rows come from ExampleGen, so slices are by raw values such as island:Torgersen. The label there is
    # a name; each model's own transform_features makes an index of it, so candidate and baseline are
    # compared fairly even if their vocabularies differ.
    return beats_baseline(
        gate.metric,
        label_key="species_xf",
        min_value=gate.min_value,
        min_improvement=gate.min_improvement,
        slices=gate.slices,
        slice_min_value=gate.slice_min_value,
        slice_tolerance=gate.slice_tolerance,
        slice_min_examples=gate.slice_min_examples,
        confidence=gate.confidence,
        preprocessing=["transform_features"],
    )
