"""The monitoring pipeline: new data, its statistics, and what they say of the version that serves."""

from tfx import v1 as tfx

from pipeline.config.monitoring import MonitorConfig
from tfx_hallmark.monitor.component import ServingMonitor


def create_monitor_pipeline(config: MonitorConfig, *, run_id: str | None = None) -> tfx.dsl.Pipeline:
    """Build the pipeline that holds new data against what serves.

    There is no Transform: each version transforms raw rows by the graph in its own SavedModel.

    Args:
        config: Where the new data is, which model is watched, and the rules.
        run_id: What the orchestrator replaces by the run's id, where it does not tell its executors.
    """
    split = tfx.proto.SplitConfig.Split(name="eval", hash_buckets=1)
    example_gen = tfx.components.CsvExampleGen(
        input_base=config.data.folder,
        input_config=tfx.proto.Input(
            splits=[tfx.proto.Input.Split(name="rows", pattern=config.data.pattern)]
        ),
        output_config=tfx.proto.Output(split_config=tfx.proto.SplitConfig(splits=[split])),
    )
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"])
    monitor = ServingMonitor(
        examples=example_gen.outputs["examples"],
        statistics=statistics_gen.outputs["statistics"],
        registry_root=config.registry.root,
        model_name=config.registry.model,
        rules=config.monitor.rules(),
        run_id=run_id,
    )
    return tfx.dsl.Pipeline(
        pipeline_name=config.pipeline.name,
        pipeline_root=config.pipeline.root,
        metadata_connection_config=config.metadata.connection(),
        components=[example_gen, statistics_gen, monitor],
        enable_cache=config.pipeline.enable_cache,
        beam_pipeline_args=config.beam.arguments(),
    )
