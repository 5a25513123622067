"""What a real server that polls, Triton, serves of what is published, rolled back, quarantined or left by a kill."""

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import jobs
from tests.faults.crew import Crew
from tests.saved_models import change_weights, copy_saved_model
from tests.serving.triton import Triton
from tfx_hallmark.evidence.predictions import predict
from tfx_hallmark.registry.golden import GoldenPredictions, GoldenTensor, keep
from tfx_hallmark.registry.model import Model

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.tfx, pytest.mark.timeout(1500)]

Tag = Callable[[int], tuple[Path, str]]

MODEL_PY = Path(__file__).with_name("triton_model.py")
# Numbers of few bits, so that every processor and TensorFlow makes the same sums of them.
PENGUINS = [(39.5, 181.0), (50.25, 230.5), (0.0, -1.0)]


@pytest.fixture(scope="module")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Triton]:
    with Triton(tmp_path_factory.mktemp("triton")).serving() as server:
        yield server


def examples() -> GoldenTensor:
    import tensorflow as tf

    def example(culmen: float, flipper: float) -> bytes:
        values = {"culmen_length_mm": culmen, "flipper_length_mm": flipper}
        features = {
            name: tf.train.Feature(float_list=tf.train.FloatList(value=[value]))
            for name, value in values.items()
        }
        written: bytes = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
        return written

    strings = tuple(example(*penguin) for penguin in PENGUINS)
    return GoldenTensor(dtype="string", shape=(len(strings),), strings=strings)


@pytest.fixture
def tag(model: Model, tmp_path: Path) -> Tag:
    """Makes a candidate for Triton and tags it with what TensorFlow answers as its golden predictions."""

    def make(number: int) -> tuple[Path, str]:
        candidate = change_weights(copy_saved_model("two_signatures", tmp_path / str(number)), number)
        shutil.copy(MODEL_PY, candidate / "model.py")
        inputs = {"examples": examples()}
        outputs = predict(candidate, "serving_default", inputs)
        golden = GoldenPredictions(signature="serving_default", split="eval", inputs=inputs, outputs=outputs)
        tagged = model.tag(candidate, golden=lambda content, objects: keep(golden, content, objects))
        return candidate, tagged.version

    return make


class Client:
    """Asks a model without a pause, and holds each answer against the golden predictions of the release it is from."""

    def __init__(self, triton: Triton, model: Model, name: str) -> None:
        self._triton = triton
        self._model = model
        self._name = name  # the server's, which goes on to the next test
        self._golden: dict[int, GoldenPredictions] = {}

    @property
    def states(self) -> dict[int, str]:
        return self._triton.states(self._name)

    def settled(self) -> dict[int, str]:
        """Gives the states when nothing is being loaded or unloaded, else nothing."""
        found = self.states
        return {} if {"LOADING", "UNLOADING"} & set(found.values()) else found

    def expect(self, release: int, version: str) -> None:
        """Says of which version a release is or would be: the registry is not looked at later on."""
        golden = self._model.version(version).golden_predictions
        assert golden is not None
        self._golden[release] = golden

    def follow(self) -> None:
        """Waits until the first release is served."""
        self._triton.follow(self._model.path, self._name)
        self._triton.wait_for("the first release", lambda: self.states == {1: "READY"})
        assert self.ask() == 1

    def ask(self) -> int:
        """Gives the release that answered."""
        release, answer = self._triton.ask(self._name, self._golden[1].inputs)
        assert release in self._golden
        assert answer == self._golden[release].outputs
        return release

    def is_served(self, release: int) -> None:
        """Waits until a release answers and no other; until then another one does, and no request is lost."""
        self._triton.wait_for(f"release {release}", lambda: self.ask() == release)
        self._triton.wait_for("the one before goes", lambda: self.states == {release: "READY"})


def killed_pushes(model: Model, candidate: Path, version: str) -> Iterator[int]:
    """Kills pushes until one comes to its end: before the commit, before the release is shown, and after that."""
    pushing = "push", str(model.path.parent), str(candidate), version
    with Crew() as crew:
        for step in (2, 14, 26, 38, 50):
            push = crew.worker(jobs.die_at, step, *pushing).go()
            with pytest.raises(EOFError):
                push.result()
            push.wait()
            yield step
        shown = [("os.rename", str(model.path / "2"))]
        crew.worker(jobs.pause_at, shown, *pushing).go().wait_for("paused").kill()
        yield 0
        for step in itertools.count(2, 5):
            push = crew.worker(jobs.die_at, step, *pushing).go()
            try:
                push.result()
                return
            except EOFError:
                push.wait()
            yield step


@pytest.fixture
def client(triton: Triton, model: Model, tmp_path: Path) -> Iterator[Client]:
    yield Client(triton, model, tmp_path.name)
    triton.forget(tmp_path.name)


def test_triton_answers_as_tensorflow_did_when_releases_follow_one_another_and_when_one_is_rolled_back(
    client: Client, model: Model, tag: Tag
) -> None:
    (first, one), (second, two) = tag(1), tag(2)
    model.push_unchecked(first, one, reason="a test")
    client.expect(1, one)
    client.follow()
    model.push_unchecked(second, two, reason="a test")
    client.expect(2, two)
    client.is_served(2)
    assert model.rollback(reason="a test").release == 3
    client.expect(3, one)
    client.is_served(3)
    assert model.version(one).golden_predictions != model.version(two).golden_predictions
    assert model.verify() == ()


def test_i1_killed_pushes_show_triton_nothing_that_it_cannot_serve_and_quarantine_takes_what_it_serves(
    client: Client, triton: Triton, model: Model, tag: Tag
) -> None:
    (first, one), (second, two) = tag(1), tag(2)
    model.push_unchecked(first, one, reason="a test")
    client.expect(1, one)
    client.expect(2, two)
    client.follow()
    for _ in killed_pushes(model, second, two):
        triton.polls()
        states = triton.wait_for("what was seen", client.settled)
        assert states.keys() <= {1, 2}
        assert set(states.values()) == {"READY"}
        client.ask()
    client.is_served(2)
    assert model.quarantine(two, reason="a test").release == 3
    client.expect(3, one)
    client.is_served(3)
    assert "failed to load" not in triton.log
    assert model.verify() == ()


def test_without_its_environment_the_failure_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALLMARK_TRITON", str(tmp_path))
    with pytest.raises(RuntimeError, match="make test-servers") as caught:
        Triton(tmp_path / "triton")
    assert str(tmp_path) in str(caught.value)
