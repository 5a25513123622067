"""The pages of lineage, as a server answers."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.browser import Browser
from tests.dashboard.metadata import write_metadata
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.lineage.drawing.style import RULES
from tfx_hallmark.registry.registry import Registry

VERSION = "/models/penguin/versions/1.0.2/lineage"


@pytest.fixture(scope="module")
def reader(history: Path, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A reader of the page where ML Metadata is given."""
    file = tmp_path_factory.mktemp("recorded") / "metadata.sqlite"
    connection = write_metadata(file, Registry.open(history))
    return Browser(create_app(Settings(root=history, metadata=connection))).client


def keys(html: str) -> list[str]:
    return re.findall(r'data-key="([ae]\d+)"', html)


def test_every_node_of_the_drawing_has_a_row_that_tells_of_it(reader: TestClient) -> None:
    html = reader.get(VERSION).text
    assert len(keys(html)) > 10
    rows = re.findall(r'<tr id="node-([ae]\d+)"', html)
    assert sorted(rows) == sorted(keys(html))
    targets = re.findall(r'href="#node-([ae]\d+)"', html)
    assert set(targets) == set(rows)


def test_direction_and_depth_limit_what_is_shown(reader: TestClient) -> None:
    whole = keys(reader.get(VERSION).text)
    upstream = keys(reader.get(f"{VERSION}?direction=upstream&depth=").text)
    near = reader.get(f"{VERSION}?direction=upstream&depth=1").text
    assert set(keys(near)) < set(upstream) < set(whole)
    assert "there is more" in near
    assert "there is more" not in reader.get(VERSION).text


def test_any_reference_names_a_version(reader: TestClient) -> None:
    assert keys(reader.get("/models/penguin/versions/stable/lineage").text) == keys(reader.get(VERSION).text)


def test_the_lineage_around_an_artifact_leads_to_versions(reader: TestClient) -> None:
    html = reader.get("/lineage/artifacts/1").text
    assert "Examples, artifact 1" in html
    assert 'href="/models/penguin/versions/1.0.2"' in html


def test_the_impact_page_names_versions_and_which_of_them_serve(reader: TestClient) -> None:
    html = reader.get("/impact", params={"subject": "artifact:1"}).text
    row = re.search(
        r'<tr>\s*<th scope="row"><a href="/models/penguin/versions/1\.0\.2">.*?</tr>', html, re.DOTALL
    )
    assert row
    assert "is-stable" in row[0]
    assert html.count("is-stable") == 1
    assert f'href="{VERSION}"' in row[0]
    assert keys(html)


def test_the_impact_page_asks_what_is_meant(reader: TestClient) -> None:
    html = reader.get("/impact").text
    assert '<input type="search" id="subject"' in html
    assert "error" not in re.sub(r"<head>.*?</head>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("path", "status", "line"),
    [
        ("/impact?subject=moon", 400, "names nothing that a model is trained from"),
        ("/impact?subject=artifact:999999", 404, "there is no artifact 999999"),
        ("/impact?subject=span:999", 404, "was trained from span:999"),
        ("/lineage/artifacts/999999", 404, "there is no artifact 999999"),
        ("/lineage/artifacts/0", 422, "number"),
        (f"/lineage/artifacts/{2**63}", 422, "number"),
        (f"{VERSION}?depth=-1", 422, "depth"),
        (f"{VERSION}?direction=sideways", 422, "direction"),
        ("/models/penguin/versions/9.9.9/lineage", 404, "9.9.9"),
        ("/models/walrus/versions/1.0.0/lineage", 404, "walrus"),
    ],
)
def test_what_cannot_be_shown_is_a_plain_message(
    reader: TestClient, path: str, status: int, line: str
) -> None:
    answer = reader.get(path)
    assert answer.status_code == status
    assert re.search(rf'role="alert">[^<]*{re.escape(line)}', answer.text)
    assert "Traceback" not in answer.text


def test_without_metadata_the_page_says_how_to_give_it(client: TestClient) -> None:
    for path in (VERSION, "/impact"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "start the page with --metadata" in answer.text


def test_drawings_have_their_style_from_the_same_host(reader: TestClient) -> None:
    answer = reader.get("/lineage/drawing.css")
    assert (answer.text, answer.headers["content-type"]) == (RULES, "text/css; charset=utf-8")
