"""Pushes, rollbacks, promotions and quarantines in any order: what holds after each of them."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.errors import (
    HallmarkError,
    NothingToLiftError,
    PromotionRefusedError,
    RollbackRefusedError,
)
from tfx_hallmark.registry.operations import Operation
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, VersionAt

ANY = st.integers(0, 20)


def evaluation(baseline: VersionAt | None) -> Evaluation:
    value = Comparison(metric="accuracy", slice=OVERALL, rule="value", lower=0.5, candidate=0.9)
    change = Comparison(
        metric="accuracy",
        slice=OVERALL,
        rule="change",
        absolute=0.0,
        direction="higher_is_better",
        candidate=0.9,
        baseline=0.8,
    )
    evidence = Evidence(validation_ok=True, comparisons=(value, change) if baseline else (value,))
    return Evaluation(blessed=1, baseline=baseline, compared=baseline is not None, evidence=evidence)


class Operating(RuleBasedStateMachine):
    """One model, with a book of its own of what was stable in which order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.root = Registry.create(self.folder / "serving").root
        self.model = Registry.open(self.root).model("penguin")
        self.line: list[str] = []
        self.beside: set[int] = set()  # releases published under another label than stable
        self.ever_stable: set[str] = set()
        self.seen: list[int] = []

    def teardown(self) -> None:
        for path in [self.folder, *self.folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(self.folder)

    @initialize()
    def first(self) -> None:
        self.push("stable", gated=True)

    @rule(label=st.sampled_from(["stable", "stable", "canary"]), gated=st.booleans())
    def push(self, label: str, gated: bool) -> None:
        number = len(self.model.state.versions)
        candidate = change_weights(copy_saved_model("linear", self.folder / str(number)), number)
        version = self.model.tag(candidate).version
        if gated:
            release = self.model.push(
                candidate, version, evaluation(self.model.stable()), label=label
            ).release
        else:
            release = self.model.push_unchecked(candidate, version, reason="a test", label=label).release
        assert release is not None
        if label == "stable":
            self.line.append(version)
        else:
            self.beside.add(release)

    @rule()
    def roll_back(self) -> None:
        stable = self.model.state.stable
        good = [version for version in self.line if self.may_serve(version) and version != self.now()]
        done = self.attempt(
            lambda: self.model.dry_run.rollback(),
            lambda: self.model.rollback(reason="a test"),
            RollbackRefusedError,
        )
        assert (done is None) == (stable is None or not good)
        if done is not None:
            assert done.version == good[-1]
            self.went_back(done.version)

    @rule(number=ANY)
    def roll_back_to(self, number: int) -> None:
        version = self.chosen(number)
        done = self.attempt(
            lambda: self.model.dry_run.rollback(to=version),
            lambda: self.model.rollback(to=version, reason="a test"),
            RollbackRefusedError,
        )
        if done is not None:
            assert done.version == version
            assert version in self.ever_stable
            self.went_back(version)

    @rule(number=ANY, label=st.sampled_from(["stable", "canary"]))
    def promote(self, number: int, label: str) -> None:
        version, before = self.chosen(number), self.model.stable()
        done = self.attempt(
            lambda: self.model.dry_run.promote(version, label),
            lambda: self.model.promote(version, label, reason="a test"),
            PromotionRefusedError,
        )
        if done is not None and label == "stable":
            verdict = self.model.version(version).verdict
            # I3, but for what is stable already and only gets a higher number.
            if before is None or before.version != version:
                assert verdict is not None
                assert verdict.evidence is not None
                beaten = None if verdict.baseline is None else verdict.baseline.version
                assert beaten == (None if before is None else before.version)
            self.was_promoted(done)

    @rule(number=ANY)
    def promote_by_force(self, number: int) -> None:
        version = self.chosen(number)
        done = self.attempt(
            lambda: self.model.dry_run.promote_unchecked(version, "stable", reason="a test"),
            lambda: self.model.promote_unchecked(version, "stable", reason="a test"),
            PromotionRefusedError,
        )
        if done is not None:
            self.was_promoted(done)

    @rule(number=ANY)
    def quarantine(self, number: int) -> None:
        version, stable = self.chosen(number), self.now()
        planned = self.model.dry_run.quarantine(version)
        done = self.model.quarantine(version, reason="a test")
        assert (None if planned.successor is None else planned.successor.release) == done.release
        assert planned.still_served == done.still_served
        state = self.model.state
        served = state.releases[state.highest_release or 0].version
        assert (served == version) == (done.still_served is not None)
        if done.successor is not None and stable == version:
            self.went_back(done.successor)

    @rule(number=ANY)
    def unquarantine(self, number: int) -> None:
        labels, seen, version = dict(self.model.state.labels), self.model.state.seq, self.chosen(number)
        barred = self.model.version(version).state.quarantined is not None
        with contextlib.nullcontext() if barred else pytest.raises(NothingToLiftError):
            self.model.unquarantine(version, reason="a test")
        assert self.model.state.labels == labels
        assert self.model.state.seq == seen + barred
        assert self.model.version(version).state.quarantined is None

    @invariant()
    def i9_nothing_in_quarantine_has_a_label(self) -> None:
        state = self.model.state
        for label in state.labels:
            version = state.labelled(label)
            assert version is not None
            assert version.quarantined is None

    @invariant()
    def i2_numbers_only_grow_and_hold_what_they_held(self) -> None:
        releases = list(self.model.state.releases)
        assert releases[: len(self.seen)] == self.seen
        assert releases == sorted(set(releases))
        for number in releases[len(self.seen) :]:
            digest = digest_tree(self.model.path / str(number)).digest
            assert digest == self.model.version(str(number)).digest
        self.seen = releases
        assert sorted(map(int, (path.name for path in self.model.path.iterdir()))) == releases

    @invariant()
    def what_is_stable_is_on_the_line(self) -> None:
        stable = self.now()
        assert stable is None or self.line[-1] == stable
        self.ever_stable |= {stable} if stable else set()

    @precondition(lambda self: self.model.state.stable is not None)
    @invariant()
    def stable_is_the_highest_number_of_all_that_ever_were_to_be_stable(self) -> None:
        releases = [number for number in self.model.state.releases if number not in self.beside]
        assert self.model.state.labels["stable"] == max(releases)
        served = self.model.version(str(self.model.state.highest_release))
        assert served.state.quarantined is None

    @invariant()
    def whoever_opens_the_model_sees_the_same(self) -> None:
        assert Registry.open(self.root).model("penguin").state == self.model.state

    def attempt(
        self, plan: Callable[[], Any], operate: Callable[[], Operation], refusal: type[HallmarkError]
    ) -> Operation | None:
        """Does what the dry run says can be done, and sees that it comes to the same."""
        events = self.model.state.seq
        try:
            planned = plan()
        except refusal as error:
            try:
                operate()
            except refusal as again:
                assert str(again) == str(error)  # noqa: PT017
                assert self.model.state.seq == events
                return None
            raise AssertionError from error
        done = operate()
        assert (done.version, done.release) == (planned.version, planned.release)
        assert self.model.state.seq == events + 1
        return done

    def chosen(self, number: int) -> str:
        versions = list(self.model.state.versions)
        return versions[number % len(versions)]

    def now(self) -> str | None:
        stable = self.model.state.stable
        return None if stable is None else stable.version

    def may_serve(self, version: str) -> bool:
        return self.model.state.versions[version].quarantined is None

    def went_back(self, version: str) -> None:
        self.line.pop()
        earlier = [index for index, name in enumerate(self.line) if name == version]
        self.line = [*(self.line[: earlier[-1]] if earlier else self.line), version]

    def was_promoted(self, done: Operation) -> None:
        self.line.append(done.version)
        self.beside.discard(done.release or 0)


TestOperatingInAnyOrder = Operating.TestCase
TestOperatingInAnyOrder.settings = settings(max_examples=25, stateful_step_count=25)
