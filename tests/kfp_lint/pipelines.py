"""Two pipelines that the specs in specs/ were compiled from; imports TFX, which the tests of the lint do not."""

from pathlib import Path

from tfx import v1 as tfx
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.data_types import RuntimeParameter
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
from tfx.types import standard_artifacts

from tfx_hallmark.baseline.component import StableBaseline
from tfx_hallmark.evaluator.component import BaselineEvaluator
from tfx_hallmark.evaluator.eval_config import beats_baseline
from tfx_hallmark.orchestration.kubeflow import compile_for_kubeflow
from tfx_hallmark.pusher.component import RegistryPusher
from tfx_hallmark.tagger.component import VersionTagger

IMAGE = "example.test/pipeline:1"
CLAIM = "models"
REGISTRY = "/srv/models"


@component
def Switch(
    dry_run: Parameter[bool],
    attempts: Parameter[int],
    build: Parameter[int],
    report: OutputArtifact[standard_artifacts.String],
) -> None:
    """A component with a bool parameter, one that fits, and one that is too big."""


def stock_pipeline() -> tfx.dsl.Pipeline:
    """A pipeline as TFX's own examples have it, with most of what open-source Kubeflow does not take."""
    schema = tfx.dsl.Importer(
        source_uri="gs://bucket/schema",
        artifact_type=standard_artifacts.Schema,
        custom_properties={"reviewed": True},
    ).with_id("schema-importer")
    example_gen = tfx.components.CsvExampleGen(
        input_base=RuntimeParameter(name="data", ptype=str, default="gs://bucket/data"),
        input_config=tfx.proto.Input(
            splits=[tfx.proto.Input.Split(name="rows", pattern="span-{SPAN}/v{VERSION:2}/*.csv")]
        ),
    )
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema.outputs["result"]
    )
    latest = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=standard_artifacts.ModelBlessing),
    ).with_id("latest-model")
    switch = Switch(dry_run=True, attempts=3, build=2**60 + 1).with_id("my.switch_1")
    return tfx.dsl.Pipeline(
        pipeline_name="stock",
        pipeline_root="gs://bucket/root",
        components=[schema, example_gen, statistics_gen, validator, latest, switch],
        enable_cache=True,
    )


def gated_pipeline(
    *,
    root: str = "gs://bucket/root",
    components: tuple[type, type] = (StableBaseline, RegistryPusher),
    ids: str = "",
) -> tfx.dsl.Pipeline:
    """A pipeline with hallmark's components that open-source Kubeflow takes.

    Args:
        root: The pipeline root.
        components: The classes of baseline and pusher.
        ids: Put before the ids of these two.
    """
    example_gen = tfx.components.CsvExampleGen(input_base="gs://bucket/data")
    trainer = tfx.components.Trainer(
        examples=example_gen.outputs["examples"],
        run_fn="somewhere.run_fn",
        train_args=tfx.proto.TrainArgs(num_steps=1),
        eval_args=tfx.proto.EvalArgs(num_steps=1),
    )
    tagger = VersionTagger.after(
        trainer, registry_root=REGISTRY, model_name="m", run_id="{{$.pipeline_job_uuid}}"
    )
    model, version = trainer.outputs["model"], tagger.outputs["model_version"]
    stable_baseline, registry_pusher = components
    baseline = stable_baseline(model=model, model_version=version)
    evaluator = BaselineEvaluator(
        examples=example_gen.outputs["examples"],
        model=model,
        baseline=baseline.outputs["baseline"],
        model_version=version,
        eval_config=beats_baseline("BinaryAccuracy", label_key="label", min_value=0.5),
    )
    pusher = registry_pusher(
        model=model,
        model_version=version,
        model_blessing=evaluator.outputs["blessing"],
        evaluation=evaluator.outputs["evaluation"],
        baseline=baseline.outputs["baseline"],
    )
    if ids:
        baseline.with_id(f"{ids}-baseline")
        pusher.with_id(f"{ids}-pusher")
    return tfx.dsl.Pipeline(
        pipeline_name="gated",
        pipeline_root=root,
        components=[example_gen, trainer, tagger, baseline, evaluator, pusher],
    )


def write_specs(folder: Path) -> None:
    """Compile both pipelines: the stock one by TFX alone, the other by hallmark.

    Args:
        folder: Gets `stock-2.0.json`, `stock-2.1.yaml` and `gated.yaml`.
    """
    for name, version_2_1 in (("stock-2.0.json", False), ("stock-2.1.yaml", True)):
        config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
            default_image=IMAGE, use_pipeline_spec_2_1=version_2_1
        )
        runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(
            config, output_dir=str(folder), output_filename=name
        )
        runner.run(stock_pipeline())
    compiled = compile_for_kubeflow(
        gated_pipeline(), image=IMAGE, source_root=Path.cwd(), registry_claim=CLAIM
    )
    compiled.write(folder / "gated.yaml")


if __name__ == "__main__":
    # Imported by its own name, which the specs hold, and not by `__main__`.
    from tests.kfp_lint import pipelines

    pipelines.write_specs(Path(__file__).with_name("specs"))
