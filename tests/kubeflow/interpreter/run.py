"""Runs the tasks of a pipeline, each when those it depends on have succeeded."""

import dataclasses
import uuid
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Literal

from tests.kubeflow.interpreter import conditions, storage
from tests.kubeflow.interpreter.cache import fingerprint
from tests.kubeflow.interpreter.container import Container
from tests.kubeflow.interpreter.errors import TaskFailedError
from tests.kubeflow.interpreter.executor_input import (
    ExecutorInput,
    Outputs,
    RunFacts,
    provide_outputs,
    resolve_inputs,
)
from tests.kubeflow.interpreter.importer import run_importer
from tests.kubeflow.interpreter.spec import Spec
from tests.kubeflow.interpreter.store import Store

# TFX is imported anew by each; more at once than there are cores would only be slower.
AT_ONCE = 2

# Argo calls a task Omitted when one that it depends on did not succeed.
State = Literal["succeeded", "cached", "skipped", "omitted"]


@dataclasses.dataclass
class Run:
    """A run that has ended well.

    Attributes:
        run_id: Its id.
        folder: Where each task that was run has a folder, with its log.txt.
        states: How each task ended.
        outputs: What the tasks that ended well have left, artifacts as consumers are given them.
    """

    run_id: str
    folder: Path
    states: dict[str, State] = dataclasses.field(default_factory=dict)
    outputs: dict[str, Outputs] = dataclasses.field(default_factory=dict)


class Scheduler:
    """One run of a pipeline.

    Args:
        spec: The pipeline.
        facts: The run.
        store: What the backend remembers.
        folder: For the tasks' folders and logs.
        buckets: Folders here of the buckets, by their addresses.
        claims: Folders here of the PersistentVolumeClaims that there are, by name.
        image: The image's working directory, as containers call it.
    """

    def __init__(
        self,
        spec: Spec,
        facts: RunFacts,
        store: Store,
        *,
        folder: Path,
        buckets: Mapping[str, str],
        claims: Mapping[str, str],
        image: str,
    ) -> None:
        self._spec, self._facts, self._store = spec, facts, store
        self._buckets, self._claims, self._image = buckets, claims, image
        self._run = Run(facts.run_id, folder)
        self._fingerprints: dict[str, str] = {}

    def run(self) -> Run:
        """Run every task that is to be run.

        Raises:
            RefusedError: If the backend would not start a task.
            TaskFailedError: If a container fails; those already running are waited for, others do not start.
        """
        running: dict[Future[Outputs], str] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while True:
                self._start_ready(pool, running)
                if not running:
                    return self._run
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    self._publish(running.pop(future), future.result())

    def _start_ready(self, pool: ThreadPoolExecutor, running: dict["Future[Outputs]", str]) -> None:
        progress = True
        while progress:  # what is skipped or cached makes others ready
            progress = False
            for task in self._spec.tasks:
                if task in self._run.states or task in running.values() or len(running) == AT_ONCE:
                    continue
                states = {self._run.states.get(name) for name in self._spec.dependencies(task)}
                if states & {"skipped", "omitted"}:
                    self._run.states[task] = "omitted"
                    progress = True
                elif states <= {"succeeded", "cached"}:
                    container = self._drive(task)
                    progress = True
                    if container is not None:
                        running[pool.submit(container.run)] = task

    def _drive(self, task: str) -> Container | None:
        """Do what the driver does; return the container to be started, if one is."""
        spec, component = self._spec, self._spec.component_of(task)
        inputs = resolve_inputs(spec, task, self._facts, self._run.outputs)
        if spec.executor_of(task).HasField("importer"):
            self._finish(task, "succeeded", run_importer(spec, task, self._facts, self._store))
            return None
        executor_input = ExecutorInput(inputs=inputs)
        condition = spec.tasks[task].trigger_policy.condition
        if condition and not conditions.holds(condition, executor_input):
            self._run.states[task] = "skipped"
            return None
        name = spec.tasks[task].task_info.name
        executor_input.outputs.CopyFrom(provide_outputs(component, name, self._facts, str(uuid.uuid4())))
        if spec.tasks[task].caching_options.enable_cache and self._reuse(task, executor_input):
            return None
        for listed in inputs.artifacts.values():
            storage.check_address(listed.artifacts[0].uri, "uri")
        folder = self._run.folder / task
        return Container(
            task=task,
            executor=spec.executor_of(task),
            executor_input=executor_input,
            folder=folder,
            mounts=self._mounts(task, folder),
            image=self._image,
        )

    def _reuse(self, task: str, executor_input: ExecutorInput) -> bool:
        spec = self._spec
        key = fingerprint(
            spec.name,
            executor_input,
            spec.component_of(task),
            spec.executor_of(task),
            [mount.claim for mount in spec.mounts_of(task)],
        )
        known = self._store.recall(key)
        if known is None:
            self._fingerprints[task] = key
            return False
        self._finish(task, "cached", Outputs(*known))
        return True

    def _mounts(self, task: str, folder: Path) -> dict[str, str]:
        # What others mount, this container would see in its own file system: not there, and lost with it.
        mounts = {
            mount.path: str(folder / "unmounted") + mount.path
            for others in self._spec.mounts.values()
            for mount in others
        }
        for mount in self._spec.mounts_of(task):
            if mount.claim not in self._claims:
                raise TaskFailedError(task, f'persistentvolumeclaim "{mount.claim}" not found', "")
            mounts[mount.path] = str(Path(self._claims[mount.claim]) / mount.sub_path)
        return {**self._buckets, **mounts}

    def _publish(self, task: str, outputs: Outputs) -> None:
        artifacts = {key: self._store.publish(artifact) for key, artifact in outputs.artifacts.items()}
        self._finish(task, "succeeded", Outputs(artifacts, outputs.parameters))
        key = self._fingerprints.get(task)
        if key is not None:
            names = {output: artifact.name for output, artifact in artifacts.items()}
            self._store.remember(key, names, dict(outputs.parameters))

    def _finish(self, task: str, state: State, outputs: Outputs) -> None:
        self._run.states[task] = state
        self._run.outputs[task] = outputs
