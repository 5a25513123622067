"""The penguin pipeline on Airflow 3, which runs in an environment of its own beside TFX's."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import psutil

from tests.orchestrators.orchestrator import Orchestrator
from tests.prepared import ROOT, prepared

DAG_FILE = ROOT / "pipeline" / "airflow3_dag.py"
SECONDS_FOR_A_RUN = 1200
SECONDS_FOR_A_START = 300
# What Airflow 3 is made of: tasks report to the server, and only the processor reads DAG files.
SERVICES = ("api-server", "scheduler", "dag-processor")

T = TypeVar("T")


def airflow_python() -> Path:
    """Gives the interpreter of Airflow 3's environment."""
    return prepared("Airflow 3", folder=".venv-airflow3", variable="HALLMARK_AIRFLOW3", file="bin/python")


class Airflow3:
    """An AIRFLOW_HOME, and the services that run on it.

    Args:
        folder: For everything.
        search: Folders on the PYTHONPATH of everything that Airflow starts.
    """

    def __init__(self, folder: Path, search: tuple[Path, ...] = ()) -> None:
        self.registry = folder / "registry"
        self.metadata = folder / "metadata.sqlite"
        self.home = folder / "airflow"
        self.compiled = folder / "penguin.json"
        self._artifacts = folder / "artifacts"
        self._python = airflow_python()
        self._url = f"http://127.0.0.1:{_free_port()}"
        (self.home / "dags").mkdir(parents=True)
        (self.home / "dags" / DAG_FILE.name).symlink_to(DAG_FILE)
        self.environment = self._environment([*search, ROOT / "components"])
        self._token = ""
        self._services: dict[str, subprocess.Popen] = {}

    def _environment(self, search: list[Path]) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if "AIRFLOW_" not in name}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(map(str, search)),
            "HALLMARK_COMPILED": str(self.compiled),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "2",
            # No name service is asked.
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self._url}/execution/",
            "AIRFLOW__API__BASE_URL": self._url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": self._url.rpartition(":")[2],
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": os.urandom(16).hex(),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.sqlite?timeout=60",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }

    def compile(self, *settings: str) -> None:
        """Compiles the pipeline with these settings, as a deployment does."""
        runner = "{kind: airflow, schedule: null, start_date: 2026-01-01, retries: 2, retry_delay_seconds: 0}"
        overrides = [
            f"runner={runner}",
            f"pipeline.root={self._artifacts}",
            f"metadata.file={self.metadata}",
            f"registry.root={self.registry}",
            *settings,
        ]
        command = [sys.executable, "-m", "pipeline.airflow3_compile", "--config", "configs/local.yaml"]
        done = subprocess.run(
            [*command, "--out", str(self.compiled), *(f"--set={override}" for override in overrides)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'components'}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Has Airflow running, which knows the DAG."""
        self.compile()
        self._airflow("db", "migrate").wait()
        self._services = {name: self._airflow(name) for name in SERVICES}
        try:
            self._token = self._wait(self._login, SECONDS_FOR_A_START)
            self._wait(lambda: self._find("/dags/penguin"), SECONDS_FOR_A_START)
            yield
        finally:
            self._stop()

    def run(self, *settings: str) -> None:
        """Compiles with these settings, triggers a run and waits for its end."""
        self.compile(*settings)
        run_id = self._ask("/dags/penguin/dagRuns", {"logical_date": None})["dag_run_id"]
        run = f"/dags/penguin/dagRuns/{urllib.request.quote(run_id)}"
        states = ("success", "failed")
        state = self._wait(lambda: _one_of(self._ask(run)["state"], states), SECONDS_FOR_A_RUN)
        self.last_run = {
            task["task_id"]: task for task in self._ask(f"{run}/taskInstances")["task_instances"]
        }
        assert state == "success", self._why_failed(run_id)

    def _airflow(self, *arguments: str) -> subprocess.Popen:
        with (self.home / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [self._python, "-m", "airflow", *arguments],
                cwd=self.home,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _login(self) -> str:
        try:
            return str(_fetch(f"{self._url}/auth/token")["access_token"])
        except OSError:
            return ""

    def _find(self, path: str) -> Any:
        try:
            return self._ask(path)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return None

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return _fetch(f"{self._url}/api/v2{path}", body, {"Authorization": f"Bearer {self._token}"})

    def _wait(self, condition: Callable[[], T], seconds: float) -> T:
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            for name, service in self._services.items():
                assert service.poll() is None, f"{name} ended\n{_tail(self.home / f'{name}.log')}"
            assert time.monotonic() < deadline, "\n".join(
                [f"nothing after {seconds} s", *(_tail(self.home / f"{name}.log") for name in self._services)]
            )
            time.sleep(0.2)
        return result

    def _why_failed(self, run_id: str) -> str:
        logs = self.home / "logs" / "dag_id=penguin" / f"run_id={run_id}"
        failed = [task for task, instance in self.last_run.items() if instance["state"] == "failed"]
        last = [max((logs / f"task_id={task}").glob("*.log")) for task in failed]
        return "\n".join(f"{log}\n{_tail(log)}" for log in last) or _tail(self.home / "scheduler.log")

    def _stop(self) -> None:
        """Ends the services, and what of theirs is left then: tasks and nodes are sessions of their own."""
        for service in self._services.values():
            service.send_signal(signal.SIGTERM)
        ours = list(_processes_of(self.home)) + [psutil.Process(one.pid) for one in self._services.values()]
        psutil.wait_procs(ours, timeout=20)
        for process in ours:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for service in self._services.values():
            service.wait()


def _processes_of(home: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("AIRFLOW_HOME") == str(home):
                yield process


def _fetch(url: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data, headers={"Content-Type": "application/json", **(headers or {})}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _one_of(state: str, wanted: tuple[str, ...]) -> str:
    return state if state in wanted else ""


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-5000:]


@contextlib.contextmanager
def orchestrator(folder: Path) -> Iterator[Orchestrator]:
    """Runs Airflow 3 until the end of the `with` block."""
    airflow = Airflow3(folder)
    with airflow.serving():
        yield airflow
