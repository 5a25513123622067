"""The penguin pipeline on Airflow 2: a scheduler of one's own, with everything it writes in one folder."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import yaml

from pipeline.config.source import read_settings
from tests.orchestrators.orchestrator import Orchestrator

ROOT = Path(__file__).parents[2]
DAG_FILE = ROOT / "pipeline" / "airflow_dag.py"
SECONDS_FOR_A_RUN = 1200
SECONDS_FOR_A_START = 300

# Importing TFX takes longer than most tasks. Airflow forks whatever runs a DAG from the scheduler, so what the
# scheduler has imported is there at once; this module is Airflow's own place for such things.
_LOCAL_SETTINGS = """
import sys
if "scheduler" in sys.argv:
    import importlib
    for module in {modules!r}:
        importlib.import_module(module)
"""


class Airflow2:
    """An AIRFLOW_HOME, and the scheduler that runs on it.

    Args:
        folder: For everything.
        preload: Modules to import into the scheduler, and so into every task.
    """

    def __init__(self, folder: Path, preload: Sequence[str] = ()) -> None:
        self.registry = folder / "registry"
        self.metadata = folder / "metadata.sqlite"
        self.home = folder / "airflow"
        self._settings = folder / "settings.yaml"
        self._database = folder / "airflow.sqlite"
        self._log = folder / "scheduler.log"
        self._write_home(["pipeline.penguin_pipeline", *preload])
        self._write_base_settings(folder)
        self.environment = self._environment()

    def _write_home(self, modules: list[str]) -> None:
        for name in ("dags", "config"):
            (self.home / name).mkdir(parents=True)
        (self.home / "dags" / DAG_FILE.name).symlink_to(DAG_FILE)
        settings = self.home / "config" / "airflow_local_settings.py"
        settings.write_text(_LOCAL_SETTINGS.format(modules=modules))

    def _write_base_settings(self, folder: Path) -> None:
        values = yaml.safe_load((ROOT / "configs" / "airflow.yaml").read_text())
        values["metadata"] = {"backend": "sqlite", "file": str(self.metadata)}
        values["pipeline"]["root"] = str(folder / "artifacts")
        values["registry"]["root"] = str(self.registry)
        values["data"]["folder"] = str(ROOT / "pipeline" / "data")
        values["runner"]["retry_delay_seconds"] = 0
        self._base = folder / "base.yaml"
        self._base.write_text(yaml.safe_dump(values))
        self.configure()

    def configure(self, *settings: str) -> None:
        """Writes the settings that the DAG is read with next."""
        values = read_settings(self._base, settings).values
        new = self._settings.with_suffix(".new")
        new.write_text(yaml.safe_dump(values))
        new.replace(self._settings)  # whoever reads it meanwhile sees the old ones or the new

    def _environment(self) -> dict[str, str]:
        search = [str(ROOT), str(ROOT / "components"), os.environ.get("PYTHONPATH", "")]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        return {
            **inherited,
            "PYTHONPATH": os.pathsep.join(filter(None, search)),
            "HALLMARK_CONFIG": str(self._settings),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.home / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": str(SECONDS_FOR_A_START),
            "AIRFLOW__CORE__DAG_FILE_PROCESSOR_TIMEOUT": str(SECONDS_FOR_A_START),
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "2",
            # No name service is asked.
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self._database}?timeout=60",
            # Airflow's switch for its own tests: two workers on SQLite.
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__ZOMBIE_DETECTION_INTERVAL": "1",
            # Else tasks schedule tasks too, and on SQLite, which locks no rows, some are counted as tried twice.
            "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "False",
            # The DAG's shape does not change; each task reads the file anyway.
            "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "86400",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        }

    def command(self, *arguments: str) -> str:
        """Runs one of Airflow's commands and gives what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    @contextlib.contextmanager
    def scheduling(self) -> Iterator[None]:
        """Has a scheduler running, which knows the DAG."""
        self.command("db", "migrate")
        with self._log.open("w") as log:
            self._scheduler = subprocess.Popen(
                [sys.executable, "-m", "airflow", "scheduler", "--skip-serve-logs"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait(lambda: self._query("SELECT 1 FROM serialized_dag"), SECONDS_FOR_A_START)
            yield
        finally:
            _stop(self._scheduler)

    def run(self, *settings: str) -> None:
        """Triggers a run with these settings and waits for its end."""
        self.configure(*settings)
        run_id = f"run-{len(self._query('SELECT 1 FROM dag_run')) + 1}"
        self.command("dags", "trigger", "penguin", "--run-id", run_id)
        self.wait_for(run_id)

    def wait_for(self, run_id: str) -> None:
        """Waits until a run has ended; fails if it failed."""
        ended = "SELECT state FROM dag_run WHERE run_id = ? AND state IN ('success', 'failed')"
        ((state,),) = self._wait(lambda: self._query(ended, run_id), SECONDS_FOR_A_RUN)
        assert state == "success", self._why_failed(run_id)

    def attempts(self, run_id: str) -> dict[str, int]:
        """Gives how often each task of a run was tried."""
        return dict(self._query("SELECT task_id, try_number FROM task_instance WHERE run_id = ?", run_id))

    def _query(self, query: str, *values: str) -> list[tuple]:
        with contextlib.closing(
            sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=60)
        ) as database:
            return database.execute(query, values).fetchall()

    def _wait(self, condition: Callable[[], list[tuple]], seconds: float) -> list[tuple]:
        deadline = time.monotonic() + seconds
        while not (result := condition()):
            assert self._scheduler.poll() is None, f"the scheduler ended\n{_tail(self._log)}"
            assert time.monotonic() < deadline, f"nothing after {seconds} s\n{_tail(self._log)}"
            time.sleep(0.2)
        return result

    def _why_failed(self, run_id: str) -> str:
        failed = self._query(
            "SELECT task_id FROM task_instance WHERE run_id = ? AND state = 'failed'", run_id
        )
        logs = [
            max(self.home.glob(f"logs/dag_id=penguin/run_id={run_id}/task_id={task}/*.log"))
            for (task,) in failed
        ]
        return "\n".join(f"{log}\n{_tail(log)}" for log in logs) or _tail(self._log)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-5000:]


def _stop(scheduler: subprocess.Popen) -> None:
    """Ends the scheduler and all that it started: groups of their own, but in its session."""
    scheduler.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        scheduler.wait(20)
    while session := [process for process in psutil.process_iter() if _session_of(process) == scheduler.pid]:
        for process in session:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(session)
    scheduler.wait()


def _session_of(process: psutil.Process) -> int | None:
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else os.getsid(process.pid)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return None


@contextlib.contextmanager
def orchestrator(folder: Path) -> Iterator[Orchestrator]:
    """Runs Airflow 2 until the end of the `with` block."""
    airflow = Airflow2(folder)
    with airflow.scheduling():
        yield airflow
