"""NVIDIA's Triton, a real model server that polls numbered directories, in an environment of its own."""

import contextlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.prepared import prepared
from tfx_hallmark.registry.golden import GoldenTensor

SECONDS = 240  # for whatever the server is waited for
SECONDS_TO_STOP = 60

_TYPES = {"BYTES": "string", "FP32": "float32"}
_NAMES = {ours: theirs for theirs, ours in _TYPES.items()}
_PLACES = """
import json, pathlib, pytriton, sysconfig
print(json.dumps([str(pathlib.Path(pytriton.__file__).parent), sysconfig.get_config_var("LIBDIR")]))
"""
_LOADS_AT_ONCE = """
class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        config.set_max_batch_size(0)
        config.add_input({"name": "x", "data_type": "TYPE_FP32", "dims": [1]})
        config.add_output({"name": "y", "data_type": "TYPE_FP32", "dims": [1]})
        return config

    def execute(self, requests):
        raise NotImplementedError
"""

T = TypeVar("T")


def triton_python() -> Path:
    """Gives the interpreter of Triton's environment."""
    return prepared("Triton", folder=".venv-triton", variable="HALLMARK_TRITON", file="bin/python")


class Triton:
    """A server that polls its model repository each second.

    Args:
        folder: For everything.
    """

    def __init__(self, folder: Path) -> None:
        self._repository = folder / "repository"
        self._repository.mkdir(parents=True)
        self._log = folder / "triton.log"
        python = triton_python()
        done = subprocess.run([python, "-c", _PLACES], capture_output=True, text=True, check=True)
        package, libraries = (Path(place) for place in json.loads(done.stdout))
        self._program = package / "tritonserver" / "bin" / "tritonserver"
        self._backends = _backends(package / "tritonserver", folder / "backends")
        read_only = _without_bytecode(python, package.parent, folder / "environment")
        self._environment = {
            **os.environ,
            "PATH": f"{read_only / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "LD_LIBRARY_PATH": f"{package.parent / 'nvidia_pytriton.libs'}{os.pathsep}{libraries}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        self._shared = f"hallmark-triton-{os.getpid()}-"
        self._port = 0
        self._ticks = 0

    @property
    def log(self) -> str:
        """What the server has said."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    @contextlib.contextmanager
    def serving(self) -> Iterator["Triton"]:
        """Runs the server; it ends with the block, and so does whatever it started."""
        for program in (self._program, self._backends / "python" / "triton_python_backend_stub"):
            self._can_run(program)
        command = [
            self._program,
            f"--model-repository={self._repository}",
            "--model-control-mode=poll",
            "--repository-poll-secs=1",
            f"--backend-directory={self._backends}",
            "--http-address=127.0.0.1",
            "--http-port=0",
            "--allow-grpc=false",
            "--allow-metrics=false",
            f"--exit-timeout-secs={SECONDS_TO_STOP}",
            f"--backend-config=python,shm-region-prefix-name={self._shared}",
        ]
        with self._log.open("w") as log:
            server = subprocess.Popen(
                command,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._port = self.wait_for("Triton starts", lambda: self._listens_at(server))
            yield self
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(SECONDS_TO_STOP + 10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            for left in Path("/dev/shm").glob(f"{self._shared}*"):
                left.unlink(missing_ok=True)
            sys.stdout.write(self.log)  # shown if a test fails

    def follow(self, base: Path, name: str) -> None:
        """Links a base path, which must be there, into the repository, as docs/serving.md says."""
        (self._repository / name).symlink_to(base)

    def forget(self, name: str) -> None:
        """Takes a link away: with one that leads nowhere the server looks at nothing any more."""
        (self._repository / name).unlink(missing_ok=True)

    def states(self, name: str) -> dict[int, str]:
        """Gives the state of each version of a model but those that were unloaded; if there is one, with a reason."""
        request = urllib.request.Request(self._address("repository/index"), data=b"{}", method="POST")
        with urllib.request.urlopen(request, timeout=60) as response:
            listed = json.load(response)
        return {
            # A model of which nothing was ever tried has no version.
            int(one.get("version", 0)): " ".join(one.get(word, "") for word in ("state", "reason")).strip()
            for one in listed
            if one["name"] == name and one.get("reason") != "unloaded"
        }

    def ask(self, name: str, inputs: Mapping[str, GoldenTensor]) -> tuple[int, dict[str, GoldenTensor]]:
        """Sends a request; gives the version that answered, and its answer."""
        data = {name: _sent(tensor) for name, tensor in inputs.items()}
        head = {
            "inputs": [
                {
                    "name": name,
                    "datatype": _NAMES[tensor.dtype],
                    "shape": tensor.shape,
                    "parameters": {"binary_data_size": len(data[name])},
                }
                for name, tensor in inputs.items()
            ],
            "parameters": {"binary_data_output": True},
        }
        told = json.dumps(head).encode()
        request = urllib.request.Request(
            self._address(f"models/{name}/infer"),
            data=told + b"".join(data.values()),
            headers={"Inference-Header-Content-Length": str(len(told))},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return _received(response.read(), int(response.headers["Inference-Header-Content-Length"]))
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{name} does not answer: {error.read().decode()}") from error

    def polls(self) -> None:
        """Returns when the server has looked at all of its repository once more."""
        self._ticks += 1
        name = f"tick-{self._ticks}"
        made = self._repository.parent / name
        (made / "1").mkdir(parents=True)
        (made / "1" / "model.py").write_text(_LOADS_AT_ONCE)
        made.rename(self._repository / name)
        # Loaded after all of the repository was looked at, and what had changed was begun to be loaded.
        self.wait_for("the next poll", lambda: self.states(name) == {1: "READY"})
        (self._repository / name).rename(made)

    def wait_for(self, what: str, found: Callable[[], T]) -> T:
        """Asks until there is an answer that counts as true, and gives that."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            answer = found()
            if answer:
                return answer
            time.sleep(0.1)
        raise AssertionError(f"{what}: not within {SECONDS} seconds. Triton says:\n{self.log}")

    def _can_run(self, program: Path) -> None:
        done = subprocess.run(
            [program], env=self._environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if "error while loading shared libraries" in done.stderr:
            raise RuntimeError(f"this machine cannot run Triton: {done.stderr.strip()}")

    def _listens_at(self, server: subprocess.Popen) -> int:
        if server.poll() is not None:
            raise AssertionError(f"Triton ended with exit code {server.returncode}:\n{self.log}")
        ports = [
            connection.laddr.port
            for connection in psutil.Process(server.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        return ports[0] if ports else 0

    def _address(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}/v2/{path}"


def _backends(shipped: Path, folder: Path) -> Path:
    """Puts the Python backend and the program for Python 3.11, which are apart in the package, into one folder."""
    shutil.copytree(shipped / "backends" / "python", folder / "python")
    shutil.copy2(shipped / "python_backend_stubs" / "3.11" / "triton_python_backend_stub", folder / "python")
    return folder


def _without_bytecode(python: Path, packages: Path, folder: Path) -> Path:
    """Makes an environment with the same packages that leaves no `__pycache__` in releases.

    The backend's Python ignores environment variables, and who runs the tests may write into releases.
    """
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "packages.pth").write_text(f"{packages}\nimport sys; sys.dont_write_bytecode = True\n")
    return folder


def _sent(tensor: GoldenTensor) -> bytes:
    if tensor.dtype == "string":
        return b"".join(struct.pack("<I", len(one)) + one for one in tensor.strings)
    return tensor.data


def _received(body: bytes, size: int) -> tuple[int, dict[str, GoldenTensor]]:
    head: dict[str, Any] = json.loads(body[:size])
    outputs = {}
    for one in head["outputs"]:
        end = size + one["parameters"]["binary_data_size"]
        dtype = _TYPES[one["datatype"]]
        assert dtype != "string", "read numbers only"
        outputs[one["name"]] = GoldenTensor(dtype=dtype, shape=tuple(one["shape"]), data=body[size:end])
        size = end
    return int(head["model_version"]), outputs
