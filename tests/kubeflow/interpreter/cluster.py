"""A cluster with Kubeflow Pipelines: what surrounds runs, and the door by which they are created."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format, struct_pb2

from tests.kubeflow.interpreter import storage
from tests.kubeflow.interpreter.executor_input import RunFacts
from tests.kubeflow.interpreter.run import Run, Scheduler
from tests.kubeflow.interpreter.spec import check_parameters, read_spec
from tests.kubeflow.interpreter.store import Store


class Cluster:
    """A cluster.

    Args:
        folder: Where it keeps what it remembers, and each run's logs.
        buckets: Folder here of each bucket, by its address such as `gs://models`.
        claims: Folder here of each PersistentVolumeClaim, by its name.
        image: The image's working directory, as the Dockerfile calls it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        buckets: Mapping[str, Path],
        claims: Mapping[str, Path] | None = None,
        image: str = "/opt/hallmark",
    ) -> None:
        self._folder = folder
        self._buckets = {address: str(here) for address, here in buckets.items()}
        self._claims = {name: str(here) for name, here in (claims or {}).items()}
        self._image = image
        for here in (*self._buckets.values(), *self._claims.values()):
            Path(here).mkdir(parents=True, exist_ok=True)

    def run(
        self, package: str, *, pipeline_root: str | None = None, parameters: Mapping[str, Any] | None = None
    ) -> Run:
        """Create a run, as kfp's `Client.create_run_from_pipeline_package` does, and wait for its end.

        Args:
            package: Text of the compiled package. A `defaultPipelineRoot` in it goes unread, as by the driver.
            pipeline_root: Address for artifacts; by default that of the backend.
            parameters: Values of the pipeline's parameters.

        Raises:
            RefusedError: If the backend refuses the package, the run or a task of it.
            TaskFailedError: If a task fails.
            NotPlayedError: If the interpreter does not know how.
        """
        spec = read_spec(package)
        values = dict(parameters or {})
        check_parameters(spec, values)
        root = pipeline_root or storage.DEFAULT_ROOT
        storage.check_address(root, "pipeline root")
        for name, declared in spec.parameters.items():
            if name not in values and declared.HasField("default_value"):
                values[name] = json_format.MessageToDict(declared.default_value)
        run_id = str(uuid.uuid4())
        facts = RunFacts(
            run_id=run_id,
            display_name=f"Run of {spec.name}",
            root=f"{root.rstrip('/')}/{spec.name}/{run_id}",
            parameters={
                name: json_format.ParseDict(value, struct_pb2.Value()) for name, value in values.items()
            },
        )
        return Scheduler(
            spec,
            facts,
            Store(self._folder / "store.json"),
            folder=self._folder / "runs" / run_id,
            buckets=self._buckets,
            claims=self._claims,
            image=self._image,
        ).run()
