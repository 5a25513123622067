"""The penguin pipeline on Kubeflow Pipelines, as tests/kubeflow/interpreter plays it."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from pipeline.config import load_config
from tests.kubeflow.interpreter.cluster import Cluster
from tests.kubeflow.interpreter.run import Run
from tests.orchestrators.orchestrator import Orchestrator

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "kubeflow.yaml"
ENVIRONMENT = {"HALLMARK_IMAGE": "registry.example/penguin:1", "HALLMARK_BUCKET": "hallmark"}


class Kubeflow:
    """A cluster with what configs/kubeflow.yaml names: the bucket, and the claim that holds the registry."""

    metadata = None

    def __init__(self, folder: Path) -> None:
        self.registry = folder / "registry"
        self.cluster = Cluster(
            folder / "cluster",
            buckets={"gs://hallmark": folder / "bucket"},
            claims={"hallmark-registry": self.registry},
        )

    def run(self, *settings: str) -> Run:
        """Compiles with these settings and runs what was compiled."""
        # Imports TFX, which whoever only collects tests should not wait for.
        from pipeline.kubeflow_runner import compile_pipeline

        # Each container imports TFX anew; what did not change need not be done again.
        with mock.patch.dict(os.environ, ENVIRONMENT):
            config = load_config(CONFIG, ["pipeline.enable_cache=true", *settings])
        return self.cluster.run(compile_pipeline(config).text, pipeline_root=config.pipeline.root)


@contextlib.contextmanager
def orchestrator(folder: Path) -> Iterator[Orchestrator]:
    yield Kubeflow(folder)
