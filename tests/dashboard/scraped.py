"""What a Prometheus server would make of `/metrics`."""

from typing import Any

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests.dashboard.browser import Browser
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings

OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def page_over(root: Any) -> Browser:
    return Browser(create_app(Settings(root=root)))


class Read:
    """The values in a text.

    Args:
        text: The text.
        parse: What parses it.

    Attributes:
        series: Every value, by name and labels.
        types: Every family's type, by the name that the parser gives it.
    """

    def __init__(self, text: str, parse: Any = text_string_to_metric_families) -> None:
        families = list(parse(text))
        self.types = {family.name: family.type for family in families}
        samples = [sample for family in families for sample in family.samples]
        self.series: Series = {(one.name, frozenset(one.labels.items())): one.value for one in samples}
        assert len(self.series) == len(samples), "a series is there twice"

    def value(self, name: str, model: str = "penguin", **labels: str) -> float | None:
        """Gives one value; None if there is no such series. An empty model is the registry as a whole."""
        all_labels = {**({"model": model} if model else {}), **labels}
        return self.series.get((name, frozenset(all_labels.items())))

    def info(self, name: str, model: str = "penguin") -> dict[str, str]:
        """Gives the labels of a model's only series of an info metric; none if there is none."""
        found = [
            dict(labels) for given, labels in self.series if given == name and ("model", model) in labels
        ]
        assert len(found) <= 1
        return {label: text for one in found for label, text in one.items() if label != "model"}

    def at(self, name: str, model: str = "penguin") -> dict[tuple[str, str], float]:
        """Gives a metric's values by metric and slice."""
        found = {}
        for (given, labels), value in self.series.items():
            named = dict(labels)
            if given == name and named["model"] == model:
                found[named["metric"], named["slice"]] = value
        return found

    def of(self, model: str) -> Series:
        """Gives every series of a model."""
        return {key: value for key, value in self.series.items() if ("model", model) in key[1]}


class Scraped(Read):
    """One scrape of a page.

    Args:
        page: The page.
        accept: The Accept header.
    """

    def __init__(self, page: Browser, accept: str = "") -> None:
        answer = page.get("/metrics", headers={"Accept": accept})
        assert answer.status_code == 200
        if answer.headers["content-type"].startswith("application/openmetrics-text"):
            super().__init__(answer.text, openmetrics.text_string_to_metric_families)
        else:
            super().__init__(answer.text)
