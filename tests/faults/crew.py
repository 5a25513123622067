"""Real processes by the dozen, to race and to kill: forked from one warm interpreter.

A fresh interpreter needs a fifth of a second to import the registry, a fork a few milliseconds. The
server never hashes a model itself, since threads do not survive a fork. As a program, this file is
the server; `Crew` starts it and asks it for workers.
"""

import contextlib
import importlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

PRELOADED = (
    "tfx_hallmark.registry.registry",
    "tests.saved_models",
    "tests.faults.jobs",
    "tests.faults.observer",
)


class WorkerError(Exception):
    """What a job raised in its worker: the class's name, then the message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class Worker:
    """One process that runs one job, once told to go."""

    def __init__(self, link: Connection) -> None:
        self._link = link
        self.pid: int = link.recv()
        self._process = os.pidfd_open(self.pid)

    def go(self) -> "Worker":
        """Lets the job start; until then the process waits."""
        self._link.send("go")
        return self

    def wait_for(self, message: object) -> "Worker":
        """Returns once the job has sent this message; fails if it ended without."""
        kind, value = self._receive()
        assert (kind, value) == ("said", message), f"the job ended instead: {kind} {value}"
        return self

    def tell(self, message: object) -> "Worker":
        """Sends something to the job."""
        self._link.send(message)
        return self

    def result(self) -> Any:
        """Returns what the job returned.

        Raises:
            WorkerError: If it raised.
            EOFError: If the process died.
        """
        kind, value = self._receive()
        self.wait()
        if kind == "raised":
            raise WorkerError(*value)
        assert kind == "returned", f"the job said {value!r} instead"
        return value

    def outcome(self, *kinds: str) -> Any:
        """Returns what the job returned, or the kind of the error that ended it, if it is one of these, in one line.

        Raises:
            WorkerError: If it is another.
            EOFError: If the process died.
        """
        try:
            return self.result()
        except WorkerError as error:
            if error.kind not in kinds or "\n" in error.message:
                raise
            return error.kind

    def has_ended(self, *, within: float) -> bool:
        """Tells whether the job has returned, raised or died, after so many seconds at most."""
        return self._link.poll(within)

    def kill(self) -> None:
        """kill -9; returns when nothing of the process is left, its locks included."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        self.wait()

    def wait(self) -> None:
        """Returns when the process has ended."""
        select.select([self._process], [], [])
        os.close(self._process)
        self._link.close()

    def _receive(self) -> tuple[str, Any]:
        received: tuple[str, Any] = self._link.recv()
        return received


class Crew:
    """Starts the server, and workers from it."""

    def __enter__(self) -> "Crew":
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.crew"], stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._server.stdout is not None
        self._address = self._server.stdout.readline().strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.wait()
        # Not read to its end: a worker that a failed test left waiting has it open too.
        assert self._server.stdout is not None
        self._server.stdout.close()

    def worker(self, job: Callable[..., Any], *args: Any, **kwargs: Any) -> Worker:
        """Forks a worker for a job, a function of a preloaded module, which waits for `go`."""
        link = Client(self._address, family="AF_UNIX")
        link.send((job.__module__, job.__qualname__, args, kwargs))
        return Worker(link)

    def run(self, job: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Runs a job in a process of its own and returns what it returned."""
        return self.worker(job, *args, **kwargs).go().result()

    def race(self, jobs: list[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
        """Runs jobs at the same time, each in its own process; returns what each returned."""
        workers = [self.worker(job, *args) for job, args in jobs]
        for worker in workers:
            worker.go()
        return [worker.result() for worker in workers]


class Employer:
    """The other end, in the worker: how a job talks to the test that started it."""

    link: Connection

    @classmethod
    def say(cls, message: object) -> None:
        """Sends a message for `Worker.wait_for`."""
        cls.link.send(("said", message))

    @classmethod
    def hear(cls) -> Any:
        """Waits for what `Worker.tell` sends."""
        return cls.link.recv()

    @classmethod
    def has_spoken(cls, within: float) -> bool:
        """Tells whether there is something to hear, after so many seconds at most."""
        return cls.link.poll(within)


def _serve() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with Listener(family="AF_UNIX", backlog=128) as listener:
        sys.stdout.write(f"{listener.address}\n")
        sys.stdout.flush()
        while True:
            link = listener.accept()
            if os.fork() == 0:
                _work(link)
            link.close()


def _work(link: Connection) -> None:
    # `-m` runs this file as __main__; jobs know it by its real name.
    importlib.import_module("tests.faults.crew").Employer.link = link
    module, name, args, kwargs = link.recv()
    link.send(os.getpid())
    try:
        assert link.recv() == "go"
        link.send(("returned", getattr(importlib.import_module(module), name)(*args, **kwargs)))
    except EOFError:
        pass  # the test has gone
    except BaseException as error:
        link.send(("raised", (type(error).__name__, str(error))))
    finally:
        os._exit(0)


if __name__ == "__main__":
    _serve()
