"""Second trainings on record: what `hallmark reproduce` leaves of them."""

from collections.abc import Callable
from typing import Any

import pytest

from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.reproduction import Outcome, PlanItem, ReproductionReport, WeightsCompared


def report_on(model: Model, which: str, outcome: Outcome = "bit_equal", **given: Any) -> ReproductionReport:
    version = model.version(which)
    known: dict[str, Any] = {"digest": version.digest, "summary": f"it was {outcome}", **given}
    return ReproductionReport(
        model=model.name,
        version=version.version,
        outcome=outcome,
        tolerance=1e-5,
        seconds=12.5,
        plan=(PlanItem(name="seed", standing="there", recorded="42"),),
        weights=WeightsCompared(tensors=2, equal=2, largest=0.0),
        **known,
    )


def test_reports_are_kept_oldest_first_and_found_by_whoever_opens_it_next(
    model: Model, three: list[str]
) -> None:
    first, second = report_on(model, three[0]), report_on(model, three[0], "different")
    for report in (first, second):
        operation = model.record_reproduction(report, reason="an audit", actor="maria")
        assert (operation.kind, operation.version) == ("reproduced", three[0])
    anew = Registry.open(model.path.parent).model("penguin")
    assert anew.version(three[0]).reproductions == [first, second]
    assert anew.version(three[1]).reproductions == []
    event = list(anew.events())[-1]
    assert (event.kind, event.actor, event.reason) == ("reproduced", "maria", "an audit")


def test_a_report_moves_no_label_and_no_release(model: Model, three: list[str]) -> None:
    before = dict(model.state.labels)
    model.record_reproduction(report_on(model, three[0], "different"))
    assert model.state.labels == before
    assert sorted(path.name for path in model.path.iterdir()) == ["1", "2", "3"]


def test_a_report_on_other_content_is_not_recorded(model: Model, three: list[str]) -> None:
    before = model.state.seq
    with pytest.raises(NotFoundError):
        model.record_reproduction(report_on(model, three[0], digest="b3:" + "f" * 64))
    assert model.state.seq == before


def test_it_is_told_by_show_and_log_and_passes_an_audit(
    model: Model, three: list[str], hallmark_on: Callable[..., Any]
) -> None:
    model.record_reproduction(report_on(model, three[0]))
    assert "it was bit_equal" in hallmark_on("show", f"penguin@{three[0]}")
    assert "it was bit_equal" in hallmark_on("log", "penguin")
    hallmark_on("audit")


@pytest.fixture
def hallmark_on(model: Model) -> Callable[..., str]:
    """Runs a command on the registry and gives what it prints."""
    from click.testing import CliRunner

    from tfx_hallmark.cli.main import app

    def run(*arguments: str) -> str:
        done = CliRunner(env={"HALLMARK_ROOT": str(model.path.parent)}).invoke(app, list(arguments))
        assert done.exit_code == 0, done.output
        return done.stdout

    return run
