"""What notebooks show of versions, verdicts and comparisons."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.registry.judged_versions import judge_two
from tfx_hallmark.registry.comparison import compare
from tfx_hallmark.registry.manifest import DataSource, Provenance
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import Check, Reason, Verdict

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\" ' & </td></details>"


@pytest.fixture
def penguin(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Two versions: 1.0.0, published, and 1.1.0, refused."""
    return judge_two(model, make_candidate)


class Tags(HTMLParser):
    """Collects what a browser would make elements and attributes of, and the text between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


ELEMENTS = {"div", "style", "h4", "span", "table", "tr", "th", "td", "ul", "li", "details", "summary"}


def check_html(html: str) -> str:
    """Checks that HTML is closed properly and holds nothing active; gives its text."""
    page = Tags(html)
    assert page.seen <= ELEMENTS
    assert page.attributes <= {"class", "open", "colspan", "title"}
    assert "url(" not in html
    assert "@import" not in html
    return "\n".join(page.text)


@pytest.fixture
def hostile(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Two versions with markup in every free text."""
    hyperparameters = {HOSTILE: HOSTILE}
    model.tag(
        make_candidate(1),
        provenance=lambda _: Provenance(hyperparameters=hyperparameters, data=DataSource(uri=HOSTILE)),
        description=HOSTILE,
        notes={HOSTILE: HOSTILE},
    )
    model.push_unchecked(make_candidate(1), "1.0.0", reason=HOSTILE)
    model.tag(make_candidate(2), description=HOSTILE)
    model.quarantine("latest", reason=HOSTILE)
    return model


def test_a_notebook_shows_a_version_with_its_metrics_and_its_verdict(penguin: Model) -> None:
    text = check_html(penguin.version("stable")._repr_html_())
    for expected in ("penguin@1.0.0", "published", "accuracy on island:Biscoe", "0.7000", "optimizer.name"):
        assert expected in text


def test_a_notebook_shows_a_verdict_metric_by_metric(penguin: Model) -> None:
    verdict = penguin.version("1.1.0").verdict
    assert verdict is not None
    text = check_html(verdict._repr_html_())
    for expected in (
        "penguin@1.1.0",
        "refused",
        verdict.reasons[0].text,
        ">= 0.5",
        "0.9000",
        "+0.4000",
        "pass",
    ):
        assert expected in text


def test_a_notebook_shows_a_comparison_and_how_much_it_leaves_out(penguin: Model) -> None:
    comparison = compare(penguin.versions())
    text = check_html(comparison.only_changed()._repr_html_())
    assert "penguin 1.0.0, 1.1.0" in text
    assert "optimizer.schedule.rate" in text
    assert f"not shown: {comparison.equal}" in text
    assert "not shown" not in check_html(comparison._repr_html_())


def test_hostile_text_stays_text_in_a_notebook(hostile: Model) -> None:
    first, second = hostile.versions()
    assert first.verdict is not None
    for html in (
        first._repr_html_(),
        second._repr_html_(),
        first.verdict._repr_html_(),
        compare([first, second])._repr_html_(),
    ):
        assert HOSTILE in check_html(html)


def test_every_text_of_a_verdict_is_escaped() -> None:
    check = Check(
        metric=HOSTILE,
        slice=HOSTILE,
        rule="value",
        threshold=HOSTILE,
        candidate=None,
        baseline=None,
        margin=None,
        passed=False,
        note=HOSTILE,
    )
    verdict = Verdict(
        model="penguin",
        version="1.0.0",
        digest="b3:0",
        outcome="refused",
        reasons=(Reason("threshold_missed", HOSTILE),),
        checks=(check,),
    )
    assert check_html(verdict._repr_html_()).count(HOSTILE) == 5
