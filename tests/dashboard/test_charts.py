"""Geometry of the charts."""

import itertools

import pytest

from tfx_hallmark.dashboard.charts.metric_plot import HEIGHT, WIDTH, MetricPlot, Point, metric_plot, sparkline
from tfx_hallmark.dashboard.charts.scale import fit
from tfx_hallmark.dashboard.charts.timeline import Stay, timeline


def drawn(*points: Point, **bounds: float) -> MetricPlot:
    plot = metric_plot(points, **bounds)
    assert plot is not None
    return plot


def point(
    value: float, baseline: float | None = None, version: str = "1.0.0", status: str = "published"
) -> Point:
    return Point(version=version, status=status, value=value, baseline=baseline)


@pytest.mark.parametrize(
    "values",
    [
        (0.91, 0.94),
        (0.0, 1.0),
        (-3.0, 250.0),
        (1e-9, 3e-9),
        (5.0, 5.0),
        (0.0, 0.0),
        (1e12, 1.1e12),
        (-1e-3, 1e6),
    ],
)
def test_a_scale_holds_its_values_between_a_few_round_ticks(values: tuple[float, float]) -> None:
    scale = fit(values, start=200, end=0)
    ticks = scale.ticks()
    assert ticks[0].at == 200
    assert ticks[-1].at == 0
    assert 2 <= len(ticks) <= 9
    assert len({tick.text for tick in ticks}) == len(ticks)
    assert all(0 <= scale.at(value) <= 200 for value in values)


def test_greater_values_stand_higher_and_later_versions_further_right() -> None:
    low, high = drawn(point(0.2), point(0.9)).marks
    assert low.y > high.y
    assert low.x < high.x
    assert all(0 < mark.x < WIDTH and 0 < mark.y < HEIGHT for mark in (low, high))


def test_a_level_is_drawn_only_where_something_was_stable() -> None:
    plot = drawn(point(0.5), point(0.6, 0.5), point(0.7, 0.6))
    assert plot.baseline.count("M") == 1
    assert plot.baseline.count("H") == 2
    assert plot.baseline.count("V") == 1
    assert drawn(point(0.5)).baseline == ""


def test_a_gap_in_what_was_stable_stays_a_gap() -> None:
    assert drawn(point(0.6, 0.5), point(0.7), point(0.8, 0.5)).baseline.count("M") == 2


def test_hovering_tells_the_change() -> None:
    (mark,) = drawn(Point(version="2.0.0", status="refused", value=0.4, baseline=0.9, beaten="1.0.0")).marks
    assert mark.title == "2.0.0 (refused): 0.4000, -0.5000 against 1.0.0 (0.9000)"


def test_a_bound_that_is_far_off_is_told_but_not_drawn() -> None:
    near = drawn(point(0.7), point(0.9), lower=0.65)
    far = drawn(point(0.98), point(0.99), lower=0.5)
    assert near.bound is not None
    assert far.bound is None
    assert far.bound_text == "required: ≥ 0.5"


def test_the_newest_of_many_versions_always_has_its_name() -> None:
    plot = drawn(*(point(0.5 + number / 1000, version=f"1.{number}.0") for number in range(60)))
    assert "1.59.0" in {name.text for name in plot.names}
    ends = sorted(name.at for name in plot.names)
    assert all(later - earlier >= 60 for earlier, later in itertools.pairwise(ends))


def test_nothing_gives_no_chart() -> None:
    assert metric_plot([]) is None
    assert sparkline([0.5]) == ""
    assert timeline([], now="2026-01-02T00:00:00.000000Z") is None


def test_the_bar_is_as_long_as_versions_were_stable() -> None:
    days = ["2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z", "2026-01-05T00:00:00.000000Z", ""]
    stays = [
        Stay(version=version, release=number, since=since, until=until)
        for number, (version, since, until) in enumerate(
            zip(("1.0.0", "1.1.0", "1.2.0"), days, days[1:], strict=False), start=1
        )
    ]
    bar = timeline(stays, now="2026-01-06T00:00:00.000000Z")
    assert bar is not None
    first, second, third = bar.spans
    assert second.width > 2.5 * first.width
    assert first.width == third.width
    assert abs(sum(span.width for span in bar.spans) - bar.width) < 1
    assert third.title.endswith("to now")
