"""Operations in any order, and what a server with TF Serving's rules serves after each of them."""

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

pytest.importorskip("tensorflow_serving")

from tests.registry.root_settings import set_in
from tests.saved_models import change_weights, copy_saved_model
from tests.serving.emulator import LabelsServer, LatestServer, Refused
from tfx_hallmark.registry.eligibility import served_release
from tfx_hallmark.registry.errors import (
    HoldRefusedError,
    NothingToLiftError,
    PromotionRefusedError,
    RollbackRefusedError,
)
from tfx_hallmark.registry.registry import Registry

ANY = st.integers(0, 20)


class Serving(RuleBasedStateMachine):
    """One model, whose operators do as they please."""

    policy = "latest"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.root = Registry.create(self.folder / "serving").root
        set_in(self.root, serving_policy=self.policy, rollback_targets=1)
        self.model = Registry.open(self.root).model("penguin")

    def teardown(self) -> None:
        for path in [self.folder, *self.folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(self.folder)

    def push(self, label: str) -> None:
        number = len(self.model.state.versions)
        candidate = change_weights(copy_saved_model("linear", self.folder / str(number)), number)
        version = self.model.tag(candidate).version
        self.model.push_unchecked(candidate, version, reason="a test", label=label)

    @initialize()
    def first(self) -> None:
        self.push("stable")

    @rule()
    def publish(self) -> None:
        self.push("stable")

    @rule()
    def roll_back(self) -> None:
        self.unless(RollbackRefusedError, lambda: self.model.rollback(reason="a test"))

    @rule(number=ANY)
    def roll_back_to(self, number: int) -> None:
        self.unless(
            RollbackRefusedError, lambda: self.model.rollback(to=self.chosen(number), reason="a test")
        )

    @rule(number=ANY)
    def promote(self, number: int) -> None:
        version = self.chosen(number)
        self.unless(
            PromotionRefusedError,
            lambda: self.model.promote_unchecked(version, "stable", reason="a test"),
        )

    @rule(number=ANY)
    def quarantine(self, number: int) -> None:
        self.model.quarantine(self.chosen(number), reason="a test")

    @rule(number=ANY)
    def unquarantine(self, number: int) -> None:
        self.unless(NothingToLiftError, lambda: self.model.unquarantine(self.chosen(number), reason="a test"))

    @rule(keep=st.integers(0, 2), quarantined_too=st.booleans())
    def prune(self, keep: int, quarantined_too: bool) -> None:
        self.model.prune(keep_last=keep, quarantined_too=quarantined_too, reason="a test")

    @rule(number=ANY)
    def hold(self, number: int) -> None:
        self.unless(HoldRefusedError, lambda: self.model.hold(self.chosen(number), reason="a test"))

    @rule()
    def open_again(self) -> None:
        self.model = Registry.open(self.root).model("penguin")

    @invariant()
    def what_is_held_keeps_its_files(self) -> None:
        for version in self.model.state.versions.values():
            if version.held is not None:
                assert not version.pruned or set(version.releases) - set(version.pruned)

    def unless(self, refusal: type[Exception], operate: Callable[[], Any]) -> None:
        with contextlib.suppress(refusal):
            operate()

    def chosen(self, number: int) -> str:
        versions = list(self.model.state.versions)
        return versions[number % len(versions)]

    def holds_what_was_published(self, loaded: dict[int, str]) -> None:
        for number, digest in loaded.items():
            assert digest == self.model.version(str(number)).digest


class ServingLatest(Serving):
    """The server looks at the base path."""

    def __init__(self) -> None:
        super().__init__()
        self.server = LatestServer(self.model.path)

    @invariant()
    def the_highest_number_serves_and_that_is_stable(self) -> None:
        self.server.poll()
        state = self.model.state
        assert self.server.served == served_release(state, "latest")
        if state.stable is not None:
            assert self.server.served == state.labels["stable"]
        self.holds_what_was_published(self.server.loaded)


class ServingLabels(Serving):
    """The server reads `models.config` now and then, and somebody takes the steps."""

    policy = "labels"

    def __init__(self) -> None:
        super().__init__()
        self.server = LabelsServer(self.root / "models.config", "penguin")  # type: ignore[operator]

    @rule()
    def publish_a_canary(self) -> None:
        self.push("canary")

    @rule(number=ANY)
    def make_a_canary(self, number: int) -> None:
        version = self.chosen(number)
        self.unless(PromotionRefusedError, lambda: self.model.promote(version, "canary", reason="a test"))

    @precondition(lambda self: "canary" in self.model.state.labels)
    @rule()
    def withdraw_the_canary(self) -> None:
        self.model.withdraw("canary", reason="a test")

    @rule()
    def the_server_polls(self) -> None:
        try:
            self.server.poll()
        except Refused as error:
            raise AssertionError(str(error)) from error
        for number in self.server.loaded:
            state = self.model.state
            assert state.versions[state.releases[number].version].quarantined is None
        self.holds_what_was_published(self.server.loaded)

    @rule()
    def somebody_takes_a_step(self) -> None:
        self.model.serving.apply(loaded=set(self.server.loaded))

    @rule()
    def all_steps_are_taken_and_what_live_says_is_served(self) -> None:
        for _ in range(6):
            self.the_server_polls()
            self.somebody_takes_a_step()
        self.the_server_polls()
        assert self.model.serving.plan(loaded=set(self.server.loaded)).steps == ()
        assert self.server.labels == self.model.state.labels
        stable = self.model.state.labels.get("stable")
        assert stable == served_release(self.model.state, "labels")
        assert stable is None or stable in self.server.loaded

    @invariant()
    def what_is_listed_is_there(self) -> None:
        entry = self.model.serving.plan().present
        for number in () if entry is None else entry.versions:
            assert (self.model.path / str(number) / "saved_model.pb").is_file()


TestServingLatest = ServingLatest.TestCase
TestServingLatest.settings = settings(max_examples=15, stateful_step_count=20)
TestServingLabels = ServingLabels.TestCase
TestServingLabels.settings = settings(max_examples=15, stateful_step_count=30)
