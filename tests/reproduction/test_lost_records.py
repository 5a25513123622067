"""What a training took is not thrown away for a record of the version that the registry has lost."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.registry.test_golden import PREDICTIONS
from tfx_hallmark.registry.golden import keep
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import Evaluation
from tfx_hallmark.reproduction import reproducing
from tfx_hallmark.reproduction.preparing import Prepared, prepare
from tfx_hallmark.reproduction.retraining import Retrained

Make = Callable[[int], Path]


@pytest.fixture(params=["golden requests", "evaluation"])
def lost(request: pytest.FixtureRequest) -> str:
    """What is lost."""
    return str(request.param)


@pytest.fixture
def prepared(
    lost: str,
    model: Model,
    make_candidate: Make,
    make_evaluation: Callable[..., Evaluation],
    monkeypatch: pytest.MonkeyPatch,
) -> Prepared:
    """An evaluated version, ready; its training gives other weights at once, without TensorFlow."""
    asked = PREDICTIONS if lost == "golden requests" else "nobody asked it anything"
    version = model.tag(make_candidate(1), golden=lambda content, objects: keep(asked, content, objects))
    model.push(make_candidate(1), version.version, make_evaluation(0.9))

    def trained(_: Prepared, scratch: Path, **__: object) -> Retrained:
        return Retrained(model=make_candidate(2), seconds=1.0, logs=())

    monkeypatch.setattr(reproducing, "retrain", trained)
    return msgspec.structs.replace(prepare(model.version("stable")), plan=())


def lose(model: Model, digest: str | None) -> None:
    assert digest is not None
    (model.path.parent / ".hallmark/penguin/objects" / digest.removeprefix("b3:")).unlink()


def test_a_lost_record_is_a_reason_and_no_error(model: Model, prepared: Prepared, lost: str) -> None:
    if lost == "golden requests":
        golden = prepared.version.manifest.golden
        assert golden is not None
        lose(model, golden.predictions)
        said = "the golden requests could not be read: object "
    else:
        lose(model, prepared.version.state.verdict)
        said = "the evaluation on record could not be read: object "
    report = reproducing.reproduce(model, prepared, eval_examples=["/nowhere"])
    assert report.outcome == "different"
    [reason] = [reason for reason in report.reasons if reason.startswith(said)]
    assert "restore it from a backup" in reason
    assert not report.weights.bit_equal
