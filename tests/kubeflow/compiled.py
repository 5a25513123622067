"""Compiles small pipelines with nothing but TFX's own runner."""

from pathlib import Path
from typing import Any

from tfx import v1 as tfx
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner


def compiled(folder: Path, *nodes: Any, enable_cache: bool = False, pipeline_spec_2_1: bool = True) -> str:
    """Gives the text of the package that TFX makes of these components."""
    pipeline = tfx.dsl.Pipeline(
        pipeline_name="probes",
        pipeline_root="gs://bucket/artifacts",
        components=list(nodes),
        enable_cache=enable_cache,
    )
    config = kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
        default_image="image", use_pipeline_spec_2_1=pipeline_spec_2_1
    )
    kubeflow_v2_dag_runner.KubeflowV2DagRunner(config, str(folder), "package.yaml").run(pipeline)
    return (folder / "package.yaml").read_text()


def imported(uri: str = "gs://bucket/data", **custom_properties: Any) -> Any:
    """Gives an importer of examples."""
    return tfx.dsl.Importer(
        source_uri=uri,
        artifact_type=tfx.types.standard_artifacts.Examples,
        properties={"span": 4},
        custom_properties=custom_properties,
    ).with_id("Data")
