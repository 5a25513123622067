"""The page of a comparison: what changed in words, thresholds and measures beside it."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from tests.dashboard.page_text import PageText
from tests.dashboard.registries import evaluation, plainly, provenance
from tests.dashboard.test_pages import reader_of
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.manifest import Provenance
from tfx_hallmark.registry.registry import Registry

PAYLOAD = "<script>alert(1)</script>"
COMPARE = "/models/penguin/compare?version=1.0.0&version=1.1.0"


def made_on(span: str, records: int, digest: str, seed: int, units: str) -> Provenance:
    known = provenance(plainly)
    assert known.data is not None
    data = msgspec.structs.replace(known.data, span=span, records={"split": records}, digest=digest)
    return msgspec.structs.replace(known, data=data, seed=seed, hyperparameters={"units": units})


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A registry whose second version was trained on another span, with another seed and hyperparameter."""
    root = tmp_path / "registry"
    model = Registry.create(root).model("penguin")
    trained = (made_on("7", 100, "b3:7", 42, "8"), made_on("8", 120, "b3:8", 43, PAYLOAD))
    for number, known in enumerate(trained):
        candidate = change_weights(copy_saved_model("linear", tmp_path / str(number)), number)
        version = model.tag(candidate, provenance=lambda _, known=known: known).version
        model.push(candidate, version, evaluation(plainly, (0.8, 0.9)[number], model.stable()))
    return root


@pytest.fixture
def page(two: Path) -> PageText:
    return reader_of(two)(COMPARE)


def told(page: PageText) -> str:
    """The section that says what changed."""
    return page.text.partition("What changed 1.1.0 against 1.0.0")[2].partition("side by side")[0]


def test_what_changed_stands_above_the_table_in_words(page: PageText) -> None:
    assert "What changed" in page.headings
    assert any(heading.startswith("1.1.0 against 1.0.0: ") for heading in page.headings)
    assert "data span 7 -> 8, 100 -> 120 records in split" in told(page)
    assert "settings" in told(page)
    assert "42" in told(page)
    assert "43" in told(page)


def test_the_first_version_of_the_address_is_what_others_are_held_against(two: Path) -> None:
    page = reader_of(two)("/models/penguin/compare?version=1.1.0&version=1.0.0")
    assert any(heading.startswith("1.0.0 against 1.1.0: ") for heading in page.headings)
    assert "data span 8 -> 7, 120 -> 100 records in split" in page.text


def test_the_same_version_made_from_the_same_says_so_of_its_data(client: TestClient) -> None:
    page = PageText(client.get("/models/penguin/compare?version=1.0.2&version=1.0.0").text)
    assert "What changed 1.0.0 against 1.0.2: patch data same data" in page.text


def test_a_metric_says_how_it_stands_to_the_first_and_each_threshold_under_it(page: PageText) -> None:
    (rows,) = page.tables.values()
    cells = [list(row.values()) for row in rows]
    place = next(number for number, row in enumerate(cells) if row[0].startswith("metric overall"))
    assert cells[place] == ["metric overall (differs)", "0.8000", "0.9000 +0.1000 better"]
    under = {row[0]: row[1:] for row in cells[place + 1 : place + 4]}
    assert ["met by 0.3000", "met by 0.4000"] in under.values()


def test_a_missed_threshold_is_marked(client: TestClient) -> None:
    html = client.get("/models/penguin/compare?version=1.0.2&version=1.0.1").text
    assert '<td class="missed">MISSED by 0.1000' in html


def test_code_is_shown_when_it_is_asked_for(client: TestClient) -> None:
    address = "/models/penguin/compare?version=1.0.2&version=1.0.1"
    assert 'name="code" value="1" checked' not in client.get(address).text
    answer = client.get(f"{address}&code=1")
    assert answer.status_code == 200
    assert 'name="code" value="1"' in answer.text


def test_what_changed_is_escaped(two: Path, page: PageText) -> None:
    assert PAYLOAD in page.text  # as text, which is how a person reads it
    for command in (["--format", "html"], ["--all", "--format", "html"]):
        environment = {"HALLMARK_ROOT": str(two)}
        result = CliRunner(env=environment).invoke(app, ["compare", "penguin@1.0.0", "@1.1.0", *command])
        assert result.exit_code == 0, result.stderr
        assert "<script" not in result.stdout
        assert "&lt;script&gt;" in result.stdout


def test_a_comparison_as_a_file_loads_nothing_and_leads_nowhere(two: Path, tmp_path: Path) -> None:
    out = tmp_path / "comparison.html"
    command = ["compare", "penguin@1.0.0", "@1.1.0", "-o", str(out)]
    result = CliRunner(env={"HALLMARK_ROOT": str(two)}).invoke(app, command)
    assert result.exit_code == 0, result.stderr
    html = out.read_text(encoding="utf-8")
    page = PageText(html)
    assert "data span 7 -> 8, 100 -> 120 records in split" in told(page)
    assert {address for address in page.links.values() if not address.startswith("#")} == set()
    for forbidden in ("<script", "<form", "<link", 'src="', "http://", "https://"):
        assert forbidden not in html


def test_the_api_answers_what_the_command_writes_as_json(two: Path) -> None:
    from tfx_hallmark.dashboard.app import create_app
    from tfx_hallmark.dashboard.settings import Settings

    browser = TestClient(create_app(Settings(root=two)), base_url="http://127.0.0.1")
    answered = browser.get("/api/models/penguin/compare?version=1.0.0&version=1.1.0")
    result = CliRunner(env={"HALLMARK_ROOT": str(two)}).invoke(
        app, ["compare", "penguin@1.0.0", "@1.1.0", "--all", "--json"]
    )
    assert result.exit_code == 0, result.stderr
    assert answered.json() == msgspec.json.decode(result.stdout)
