"""The curve of a training on the page of its version."""

import re
from pathlib import Path

import pytest

from tests.dashboard.browser import Browser
from tests.dashboard.page_text import PageText
from tests.registry.training_curves import RUNS, curve_of, tag_with
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.charts.curve_plot import curve_panels
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.model import Model


@pytest.fixture
def page(root: Path) -> object:
    def read(version: str) -> str:
        answer = Browser(create_app(Settings(root=root))).client.get(f"/models/penguin/versions/{version}")
        assert answer.status_code == 200
        return str(answer.text)

    return read


def test_the_page_draws_each_quantity_in_training_and_in_validation(page, model: Model, make_candidate):
    tag_with(model, make_candidate(1), curve_of(0.5, 0.25, 0.375))
    html = page("1.0.0")
    told = PageText(html)
    assert "Training curve" in told.headings
    assert "3 epochs; val_loss 0.3750 at the end, best 0.2500 in epoch 2" in told.text
    assert RUNS["mlflow"] in told.text
    assert re.findall('role="img" aria-label="([^"]+)"', html) == [
        "loss over 3 epochs; training from 0.2500 to 0.1875; validation from 0.5000 to 0.3750",
        "accuracy over 3 epochs; training from 0.5000 to 0.6250; validation from 0.7500 to 0.8125",
    ]
    assert html.count('<g class="course training">') == 3  # two panels, and the legend
    assert "<title>epoch 2, validation: 0.2500</title>" in html
    rows = told.tables["What was measured at the end of each epoch"]
    assert [(row["Epoch"], row["loss"], row["val_loss"]) for row in rows] == [
        ("1", "0.2500", "0.5000"),
        ("2", "0.1250", "0.2500"),
        ("3", "0.1875", "0.3750"),
    ]


def test_a_version_without_a_curve_has_no_place_for_one(page, model: Model, make_candidate):
    tag_with(model, make_candidate(1), None)
    assert "Training curve" not in PageText(page("1.0.0")).headings


def test_what_a_training_calls_its_metrics_is_text(page, model: Model, make_candidate):
    hostile = "<script>alert(1)</script>"
    tag_with(model, make_candidate(1), curve_of(0.5, 0.25, runs={hostile: hostile}, more=hostile))
    html = page("1.0.0")
    assert hostile not in html
    assert html.count("&lt;script&gt;alert(1)") > 3


def test_thousands_of_epochs_are_a_line_of_hundreds_that_ends_where_they_end(
    page, model: Model, make_candidate
):
    curve = curve_of(*(1 / number for number in range(1, 5001)))
    panel = curve_panels(curve)[0]
    assert [len(line.points) for line in panel.lines] == [0, 0]
    for line in panel.lines:
        assert 350 <= line.path.count("L") <= 400
        assert line.path.rpartition("L")[2].partition(",")[0] == f"{panel.right - 10:.1f}"
    tag_with(model, make_candidate(1), curve)
    told = PageText(page("1.0.0"))
    rows = told.tables["What was measured at the end of each epoch"]
    assert 150 <= len(rows) <= 200
    assert rows[-1]["Epoch"] == "5000"
    assert "of 5,000 epochs; all are in hallmark show penguin@1.0.0 --json" in told.text


def test_a_line_is_broken_where_an_epoch_has_no_value():
    whole = curve_of(0.5, 0.4, 0.3, 0.2, 0.1)
    lost = [one for one in whole.epochs[2].metrics if one != "val_loss"]
    gap = {name: whole.epochs[2].metrics[name] for name in lost}
    curve = type(whole)(
        epochs=tuple(
            type(one)(epoch=one.epoch, time=one.time, metrics=gap if one.epoch == 3 else one.metrics)
            for one in whole.epochs
        )
    )
    training, validation = curve_panels(curve)[0].lines
    assert (training.path.count("M"), validation.path.count("M")) == (1, 2)
    assert len(validation.points) == 4


def test_a_single_epoch_is_a_point_in_the_middle():
    [loss, _] = curve_panels(curve_of(0.5))
    assert [len(line.points) for line in loss.lines] == [1, 1]
    assert loss.lines[0].points[0].x == pytest.approx((loss.left + loss.right) / 2)
    assert [tick.text for tick in loss.numbers] == ["1"]
