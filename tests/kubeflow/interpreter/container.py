"""Runs the command of a container as a process of its own, as the launcher does (component/launcher_v2.go)."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kubeflow.interpreter.errors import NotPlayedError, TaskFailedError
from tests.kubeflow.interpreter.executor_input import OUTPUT_FILE, ExecutorInput, Outputs
from tests.kubeflow.interpreter.places import Places
from tests.kubeflow.interpreter.spec import Executor
from tests.kubeflow.interpreter.store import Artifact

ROOT = Path(__file__).parents[3]
# What the Dockerfile copies into the image's working directory.
IMAGE = ("pipeline", "configs")


@dataclasses.dataclass(frozen=True)
class Container:
    """A container that is ready to start.

    Attributes:
        task: The task's name.
        executor: Its command and environment.
        executor_input: What it is given.
        folder: Its own folder: what it would write to its own file system, and its log.
        mounts: Folders here, by where the container sees them: buckets and claims.
        image: The image's working directory, as the container calls it.
    """

    task: str
    executor: Executor
    executor_input: ExecutorInput
    folder: Path
    mounts: Mapping[str, str]
    image: str

    def run(self) -> Outputs:
        """Run it to its end.

        Raises:
            TaskFailedError: If its command fails, or answers with something other than an ExecutorOutput.
            NotPlayedError: If it is no container of TFX's.
        """
        working_directory = self.folder / "image"
        places = Places(
            {
                **self.mounts,
                self.image: str(working_directory),
                str(Path(OUTPUT_FILE).parent): str(self.folder / "tmp" / "kfp_outputs"),
            }
        )
        self._make_folders(working_directory, places)
        command = self._command(places)
        with self._log.open("wb") as log:
            done = subprocess.run(
                command,
                cwd=working_directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise TaskFailedError(self.task, f"ended with status {done.returncode}", self._logged())
        return self._outputs(places)

    def _make_folders(self, working_directory: Path, places: Places) -> None:
        (self.folder / "tmp").mkdir(parents=True)
        working_directory.mkdir()
        for name in IMAGE:
            (working_directory / name).symlink_to(ROOT / name)
        # A bucket has no folders that would have to be made before something is written below them.
        for listed in self.executor_input.outputs.artifacts.values():
            here = places.here(listed.artifacts[0].uri)
            if here != listed.artifacts[0].uri:
                Path(here).parent.mkdir(parents=True, exist_ok=True)

    def _command(self, places: Places) -> list[str]:
        container = self.executor.container
        command = [*container.command, *container.args]
        if not command or command[0] not in ("python", "python3"):
            msg = f"a container whose command is not Python: {command[:1]}"
            raise NotPlayedError(msg)
        given = places.here(json_format.MessageToDict(self.executor_input))
        replaced = {"{{$}}": json.dumps(given)}
        for name, value in given.get("inputs", {}).get("parameterValues", {}).items():
            text = value if isinstance(value, str) else json.dumps(value)
            replaced[f"{{{{$.inputs.parameters['{name}']}}}}"] = text
        for side in ("inputs", "outputs"):
            for name, listed in given.get(side, {}).get("artifacts", {}).items():
                replaced[f"{{{{$.{side}.artifacts['{name}'].uri}}}}"] = listed["artifacts"][0]["uri"]
        return [sys.executable, *(_filled(places.here(argument), replaced) for argument in command[1:])]

    def _environment(self) -> dict[str, str]:
        # What an image says, and nothing of this process's own.
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(ROOT / "components"), str(ROOT)]),
            "HOME": str(self.folder / "tmp"),
            "TMPDIR": str(self.folder / "tmp"),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            **{variable.name: variable.value for variable in self.executor.container.env},
        }

    def _outputs(self, places: Places) -> Outputs:
        file = Path(places.here(OUTPUT_FILE))
        answer: dict[str, Any] = places.there(json.loads(file.read_text())) if file.exists() else {}
        try:
            output = json_format.ParseDict(answer, pipeline_spec_pb2.ExecutorOutput())
        except json_format.ParseError as error:
            raise TaskFailedError(self.task, f"left no ExecutorOutput ({error})", self._logged()) from error
        artifacts = {}
        for name, listed in self.executor_input.outputs.artifacts.items():
            artifacts[name] = _merged(listed.artifacts[0], output.artifacts[name].artifacts)
        values = {name: json_format.MessageToDict(value) for name, value in output.parameter_values.items()}
        if set(self.executor_input.outputs.parameters) - set(values):
            # The launcher would read a file for each; TFX's entry point answers with all of them.
            msg = f"output parameters in files: {self.task}"
            raise NotPlayedError(msg)
        return Outputs(artifacts, values)

    @property
    def _log(self) -> Path:
        return self.folder / "log.txt"

    def _logged(self) -> str:
        return self._log.read_text(errors="replace")


def _filled(argument: str, replaced: Mapping[str, str]) -> str:
    for placeholder, text in replaced.items():
        argument = argument.replace(placeholder, text)
    return argument


def _merged(provided: Artifact, answered: Any) -> Artifact:
    """Put what the container says of an output over what the driver had provided."""
    result = Artifact()
    result.CopyFrom(provided)
    if answered:
        result.uri = answered[0].uri or provided.uri
        for key, value in answered[0].metadata.fields.items():
            result.metadata.fields[key].CopyFrom(value)
    return result
