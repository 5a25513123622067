"""200 operations in any order, whose processes are killed before any step, and what TF Serving serves all the while."""

import abc
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow_serving")

from tests.faults import jobs
from tests.faults.crew import Crew, Worker
from tests.registry.root_settings import set_in
from tests.saved_models import change_weights, copy_saved_model
from tests.serving.emulator import LabelsServer, LatestServer
from tfx_hallmark.answers.serving import what_serves
from tfx_hallmark.registry.eligibility import previous_good, served_release
from tfx_hallmark.registry.examining.examination import examine
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.verdict import Evaluation

pytestmark = pytest.mark.slow
Evaluate = Callable[..., Evaluation]

OPERATIONS = 200
SEED = 1912
# How often each comes relatively to the others; `fix` is what `hallmark doctor --fix` does.
KINDS = [
    "look",
    *["publish"] * 4,
    *["publish_judged"] * 3,
    *["roll_back"] * 3,
    *["roll_back_to"] * 2,
    *["promote"] * 2,
    *["promote_by_force"] * 2,
    *["quarantine"] * 2,
    *["quarantine_stable"] * 2,
    *["unquarantine"] * 3,
    "hold",
    "unhold",
    *["prune"] * 2,
    "prune_quarantined",
    "push_again",
    "fix",
]
CANARY_KINDS = [*["publish_canary"] * 3, "promote_canary", "make_canary", "withdraw"]
REFUSALS = (
    "RollbackRefusedError",
    "PromotionRefusedError",
    "HoldRefusedError",
    "NothingToLiftError",
    "NotFoundError",  # a label that points to nothing
)
NOTHING_GOOD = {"quarantined-serves"}


class History(abc.ABC):
    """One model, its operators, whose processes are killed, and a server that polls before, during and after.

    Args:
        crew: Gives the processes.
        folder: For the registry root and the candidates.
        evaluate: Makes an evaluation.
    """

    policy = "latest"
    server: LatestServer | LabelsServer

    def __init__(self, crew: Crew, folder: Path, evaluate: Evaluate) -> None:
        self.crew = crew
        self.folder = folder
        self.evaluate = evaluate
        self.told: Counter[str] = Counter()
        self.chance = random.Random(SEED)
        self.root = Registry.create(folder / "serving").root
        set_in(self.root, serving_policy=self.policy, rollback_targets=1)
        # Finishes nothing that a killed process has left.
        self.model = Registry.open(self.root).look_at("penguin")
        self.candidates: list[Path] = []

    def begin(self) -> None:
        for _ in range(2):
            self.run(jobs.publish, self.candidate())
        self.settle()

    def operate(self) -> None:
        """One operation; if its process is killed, it is done again, doctor mends, or others go on."""
        chance = self.chance
        kind, then = chance.choice(self.kinds), chance.choice(["go on", "again", "fix"])
        job, *args = self.job(kind, chance.randrange(40))
        step = chance.randint(1, 45) if chance.random() < 0.7 else 0
        done = self.run(job, *args, step=step)
        sys.stdout.write(f"{kind} {args[:1]} {'done' if done else f'killed before step {step}, {then}'}\n")
        self.told["done" if done else "killed"] += 1
        if not done and then != "go on":
            self.told[then] += 1
            done = self.run(*((job, *args) if then == "again" else (jobs.mend,)))
        if done and chance.random() < 0.6:
            self.settle()
            if kind.startswith("quarantine") and self.model.state.stable is None:
                assert previous_good(self.model.state) is None
        if (self.told["done"] + self.told["killed"]) % 50 == 0:
            self.all_is_as_recorded()

    @property
    def kinds(self) -> list[str]:
        return KINDS

    def job(self, kind: str, number: int) -> tuple[Any, ...]:
        """Gives the job for an operation, and its arguments after the root."""
        state = self.model.state
        recent = list(state.versions)[-6:]
        version = recent[number % len(recent)]
        stable = version if state.stable is None else state.stable.version
        barred = [one.version for one in state.versions.values() if one.quarantined is not None] or recent
        jobs_of: dict[str, Callable[[], tuple[Any, ...]]] = {
            "look": lambda: (jobs.look,),
            "publish": lambda: (jobs.publish, self.candidate()),
            "publish_judged": lambda: (jobs.publish, self.candidate(), "stable", self.judged()),
            "publish_canary": lambda: (jobs.publish, self.candidate(), "canary", self.judged()),
            "push_again": lambda: (jobs.publish, self.candidates[number % len(self.candidates)]),
            "roll_back": lambda: (jobs.roll_back,),
            "roll_back_to": lambda: (jobs.roll_back, version),
            "promote": lambda: (jobs.promote, version),
            "promote_canary": lambda: (jobs.promote, "canary"),
            "make_canary": lambda: (jobs.promote, version, "canary"),
            "promote_by_force": lambda: (jobs.promote_unchecked, version),
            "withdraw": lambda: (jobs.withdraw, "canary"),
            "quarantine": lambda: (jobs.quarantine, version),
            "quarantine_stable": lambda: (jobs.quarantine, stable),
            "unquarantine": lambda: (jobs.unquarantine, barred[number % len(barred)]),
            "hold": lambda: (jobs.hold, version),
            "unhold": lambda: (jobs.unhold, version),
            "prune": lambda: (jobs.prune, number % 3),
            "prune_quarantined": lambda: (jobs.prune, number % 3, True),
            "fix": lambda: (jobs.mend,),
        }
        return jobs_of[kind]()

    def candidate(self) -> Path:
        number = len(self.candidates)
        self.candidates.append(change_weights(copy_saved_model("linear", self.folder / str(number)), number))
        return self.candidates[-1]

    def judged(self) -> Evaluation:
        return self.evaluate(0.9, baseline=self.model.stable())

    def run(self, job: Callable[..., Any], *args: Any, step: int = 0) -> bool:
        """Runs a job in a process, killed before a step if one is given; tells whether it came to its end."""
        told = [str(arg) if isinstance(arg, Path) else arg for arg in args]
        worker = (
            self.crew.worker(jobs.die_at, step, job.__name__, str(self.root), *told)
            if step
            else self.crew.worker(job, str(self.root), *told)
        ).go()
        for _ in polls_of(worker):
            self.poll()
        try:
            worker.outcome(*REFUSALS)
        except EOFError:
            worker.wait()
            self.poll()
            return False
        self.completed()
        self.poll()
        return True

    def poll(self) -> None:
        """Lets the server poll: whatever it has then is whole, published and verified, and not barred before."""
        barred = self.barred()
        self.server.poll()
        state = self.model.state
        for number, digest in self.server.loaded.items():
            assert digest == state.versions[state.releases[number].version].digest
        assert not barred & self.server.loaded.keys() & quarantined(state)

    def all_is_as_recorded(self) -> None:
        """Finishes what was left; then there is nothing to be mended, and nothing that an audit objects to."""
        self.run(jobs.look)
        self.settle()
        found = {fault.finding.code for fault in examine(Registry.open(self.root), "penguin")}
        assert found <= (NOTHING_GOOD if self.model.state.stable is None else set())
        assert self.model.audit() == ()
        for version in self.model.state.versions.values():
            assert version.held is None or self.model.state.serving_release(version) or not version.releases

    @abc.abstractmethod
    def barred(self) -> set[int]:
        """Gives the releases that the server must not have after a poll that begins now."""

    @abc.abstractmethod
    def completed(self) -> None:
        """Takes note that an operation has come to its end."""

    @abc.abstractmethod
    def settle(self) -> None:
        """After one poll, what `live` says is what is served."""

    def live(self) -> int | None:
        return what_serves(self.model).release if self.model.state.stable else None


class LatestHistory(History):
    """The server looks at the base path."""

    server: LatestServer

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.server = LatestServer(self.model.path)

    def barred(self) -> set[int]:
        # With nothing good left, or not there yet, the highest number goes on serving; `quarantine` warns of it.
        state = self.model.state  # read once: others move on meanwhile
        good = state.stable_at
        return (
            quarantined(state) if good and Path(str(self.model.path), str(good.release)).is_dir() else set()
        )

    def completed(self) -> None:
        """Nothing follows the events but the directories, which `barred` looks at."""

    def settle(self) -> None:
        self.poll()
        assert self.server.served == served_release(self.model.state, "latest")
        assert self.live() in (None, self.server.served)


class LabelsHistory(History):
    """The server reads `models.config`, and somebody takes the steps, or is killed at it."""

    policy = "labels"
    server: LabelsServer

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.server = LabelsServer(Path(str(self.root), "models.config"), "penguin")
        self.barred_for_good: set[int] = set()

    @property
    def kinds(self) -> list[str]:
        return [*KINDS, *CANARY_KINDS, *["step"] * 4]

    def job(self, kind: str, number: int) -> tuple[Any, ...]:
        if kind == "step":
            return jobs.take_step, sorted(self.server.loaded)
        return super().job(kind, number)

    def barred(self) -> set[int]:
        # The file follows the event: what was put in quarantine meanwhile may be listed still.
        return set(self.barred_for_good)

    def completed(self) -> None:
        self.barred_for_good = quarantined(self.model.state)

    def settle(self) -> None:
        for _ in range(2):  # first what is to be loaded is listed, then labels move
            self.poll()
            self.model.serving.apply(loaded=set(self.server.loaded))
        self.poll()
        assert self.model.serving.plan(loaded=set(self.server.loaded)).steps == ()
        assert self.server.labels == self.model.state.labels
        assert self.server.loaded.keys() >= set(self.server.labels.values())
        assert self.live() == self.server.labels.get("stable")


def quarantined(state: ModelState) -> set[int]:
    return {
        number
        for version in state.versions.values()
        if version.quarantined is not None
        for number in version.releases
    }


def polls_of(worker: Worker) -> Iterator[None]:
    """Yields until a worker has come to its end, one way or the other."""
    while not worker.has_ended(within=0.005):
        yield


@pytest.mark.parametrize("history", [LatestHistory, LabelsHistory], ids=["latest", "labels"])
def test_i1_i9_200_operations_killed_at_any_step_serve_nothing_but_what_they_should(
    history: type[History], crew: Crew, tmp_path: Path, make_evaluation: Evaluate
) -> None:
    sys.stdout.write(f"seed {SEED}\n")  # shown if the test fails, as is what was done
    tale = history(crew, tmp_path, make_evaluation)
    tale.begin()
    for _ in range(OPERATIONS):
        tale.operate()
    tale.all_is_as_recorded()
    assert tale.told["killed"] > OPERATIONS // 5
    assert min(tale.told["again"], tale.told["fix"]) > OPERATIONS // 20
