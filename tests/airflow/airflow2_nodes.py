"""Small nodes of a TFX pipeline, launched one at a time as Airflow's tasks launch them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from ml_metadata.metadata_store import metadata_store
from tfx import v1 as tfx
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration import data_types, metadata
from tfx.types import standard_artifacts

# What an executor does when it is half done.
half_way: list[Callable[[], None]] = []


@component
def make(
    model: OutputArtifact[standard_artifacts.Model],
    spare: OutputArtifact[standard_artifacts.Model],
    score: OutputArtifact[standard_artifacts.Integer],
    text: Parameter[str],
) -> None:
    """Writes a file, may be disturbed, and writes another; has two outputs of one type."""
    Path(model.uri, "first").write_text(text)
    while half_way:
        half_way.pop()()
    Path(model.uri, "second").write_text(text)
    Path(spare.uri, "spare").write_text(text)
    score.value = len(text)


@component
def use(
    model: InputArtifact[standard_artifacts.Model],
    score: InputArtifact[standard_artifacts.Integer],
    copied: OutputArtifact[standard_artifacts.Model],
    run_id: Parameter[str],
    pipeline_run_id: Parameter[str],
) -> None:
    """Writes down what it was given."""
    for file in Path(model.uri).iterdir():
        Path(copied.uri, file.name).write_text(f"{file.read_text()} {score.value} {run_id} {pipeline_run_id}")


class Nodes:
    """Launches nodes that share a metadata store.

    Args:
        folder: For everything.
        launcher: The launcher class of the runner that is tried.
    """

    def __init__(self, folder: Path, launcher: Any) -> None:
        self.folder = folder
        self._launcher = launcher
        self._connection = tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(folder / "mlmd.db")
        )

    @property
    def store(self) -> metadata_store.MetadataStore:
        return metadata_store.MetadataStore(self._connection)

    def launch(self, node: Any, run_id: str = "run-1", *, cache: bool = False) -> Any:
        """Does what tfx/orchestration/airflow/airflow_component.py does in a task."""
        launcher = self._launcher.create(
            component=node,
            pipeline_info=data_types.PipelineInfo("small", str(self.folder / "root"), run_id),
            driver_args=data_types.DriverArgs(enable_cache=cache),
            metadata_connection=metadata.Metadata(self._connection),
            beam_pipeline_args=[],
            additional_pipeline_args={},
            component_config=None,
        )
        return launcher.launch()


class Deaths(msgspec.Struct):
    """Lets a process die, so to speak, just before or just after one of its writes to ML Metadata.

    Attributes:
        at: Which write; none if there are fewer.
        after: Whether the write still gets through.
    """

    at: int
    after: bool
    writes: int = 0

    def put_execution(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def put(store: Any, *args: Any, **kwargs: Any) -> Any:
            self.writes += 1
            if self.writes != self.at:
                return original(store, *args, **kwargs)
            if self.after:
                original(store, *args, **kwargs)
            raise DiedError

        return put


class DiedError(BaseException):
    """Nothing catches it: what comes next is another attempt."""


def die() -> None:
    raise DiedError
