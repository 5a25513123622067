"""Kills a process that works on a root in an object store at each request of it that changes something there."""

import itertools
import os
import re
import signal
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from werkzeug.wrappers import Response

from tests.faults.crew import Crew
from tests.object_stores import jobs
from tests.object_stores.mirror import Mirror
from tests.object_stores.server import Answer, Request, S3Server, refusal

Moment = Literal["after", "before"]
_actors = itertools.count(1)


class Death(NamedTuple):
    """When a process was killed.

    Attributes:
        moment: Before the server did what was asked, or after.
        step: Which of the process's writing requests it was, from 1.
        request: What was asked.
    """

    moment: Moment
    step: int
    request: Request


class Deaths:
    """A root as it is now, and jobs that are killed at it.

    Args:
        server: Where the root lies.
        crew: Gives the processes.
        root: The root's URL.
        mirror: Its objects.
    """

    def __init__(self, server: S3Server, crew: Crew, root: str, mirror: Mirror) -> None:
        self._server = server
        self._crew = crew
        self._root = root
        self._mirror = mirror
        self._start = mirror.objects()

    def of(self, job: str, *args: Any, moments: tuple[Moment, ...] = ("after",)) -> Iterator[Death]:
        """Kill a job after its first writing request, its second, and so on, each time from the same start.

        With the moment `before`, also before those that expose a release and are made beside others; of the rest,
        before one is after the one before it.
        """
        for moment in moments:
            for step in itertools.count(1):
                self._mirror.put_back(self._start)
                death = self.kill(job, *args, at=_numbered(step, moment), moment=moment)
                if death is None:
                    break
                yield death

    def kill(self, job: str, *args: Any, at: Callable[[Request], bool], moment: Moment) -> Death | None:
        """Run a job and kill it at a request; None if it came to its end.

        Args:
            job: Its name.
            args: Its arguments after the root.
            at: Asked of each writing request; says whether to kill then.
            moment: Before the server has done it, or after.
        """
        actor = f"actor{next(_actors)}"
        worker = self._crew.worker(jobs.in_store, self._server.environment(actor), job, self._root, *args)
        steps = itertools.count(1)
        deaths: list[Death] = []

        def guard(request: Request, answer: Answer) -> Response:
            if request.actor != actor:
                return answer()
            if not request.writes:
                return answer()
            step = next(steps)
            if not at(request):
                return answer()
            if moment == "after":
                answer()
            os.kill(worker.pid, signal.SIGKILL)
            self._server.dead.add(actor)
            deaths.append(Death(moment, step, request))
            return refusal(503, "ServiceUnavailable")

        with self._server.guarded(guard):
            try:
                worker.go().result()
            except EOFError:
                worker.wait()
        return deaths[0] if deaths else None


def _numbered(step: int, moment: Moment) -> Callable[[Request], bool]:
    """Gives what counts the requests of a series and says when the one with this number has come."""
    left = itertools.count(step, -1)

    def at(request: Request) -> bool:
        exposes = re.search(r"/penguin/\d+/", request.key) is not None
        return (moment == "after" or exposes) and next(left) == 1

    return at
