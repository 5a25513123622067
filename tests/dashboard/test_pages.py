"""What the pages say, over HTTP."""

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.page_text import PageText
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import Evaluation

Read = Callable[..., PageText]
PAGES = (
    "/",
    "/models/penguin",
    "/models/penguin/versions/1.0.2",
    "/models/penguin/versions/1.0.4",
    "/models/penguin/compare?version=1.0.1&version=1.0.2",
    "/audit?check=1",
    "/deliveries",
)


def reader_of(root: Path) -> Read:
    browser = TestClient(create_app(Settings(root=root)), base_url="http://127.0.0.1")

    def read(path: str, **query: str) -> PageText:
        answer = browser.get(path, params=query or None)
        assert answer.status_code == 200, answer.text
        return PageText(answer.text)

    return read


@pytest.fixture
def read(history: Path) -> Read:
    return reader_of(history)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_holds_nothing_that_its_policy_forbids(client: TestClient, path: str) -> None:
    html = client.get(path).text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=\"/static/)", html)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", html)


@pytest.mark.parametrize("path", PAGES)
def test_headings_start_at_one_and_skip_no_level(client: TestClient, path: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", client.get(path).text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(client: TestClient, path: str) -> None:
    addresses = set(
        re.findall(r'(?:href|src|action)="(/[^"#]*)', client.get(path).text.replace("&amp;", "&"))
    )
    assert addresses
    gone = {
        address
        for address in addresses
        if client.get(address, follow_redirects=True).status_code != 200 and "/actions/" not in address
    }
    assert gone == set()


def test_the_first_page_says_what_each_model_serves(read: Read) -> None:
    page = read("/")
    assert "2 models" in page.text
    assert page.links["1.0.2"] == "/models/penguin/versions/1.0.2"
    assert "3 published, 1 refused, 1 in quarantine" in page.text
    assert "no version is stable" in page.text


def test_an_empty_registry_says_how_a_model_comes_to_be(root: Path) -> None:
    assert "A model appears here with its first version" in reader_of(root)("/").text


def test_a_damaged_model_takes_no_other_page_with_it(own_history: Path) -> None:
    log = own_history / ".hallmark" / "seal" / "log"
    event = next(log.iterdir())
    event.chmod(0o644)
    event.write_bytes(event.read_bytes().replace(b"first", b"other"))
    page = reader_of(own_history)("/")
    assert "seal cannot be shown" in page.text
    assert "was edited" in page.text
    assert page.links["penguin"] == "/models/penguin"


def test_a_model_page_says_what_serves_since_when_and_why(read: Read) -> None:
    page = read("/models/penguin")
    assert "5 versions: 3 published, 1 refused, 1 quarantined" in page.text
    assert re.search(r"stable 1\.0\.2 release 2 published \d{4}-\d\d-\d\d \d\d:\d\d by pusher", page.text)
    assert re.search(r"canary 1\.0\.3 release 3 published", page.text)


def test_the_table_of_versions_shows_metric_change_and_refusal(read: Read) -> None:
    rows = {row["Version"].split()[0]: row for row in read("/models/penguin").tables["Versions of penguin"]}
    assert rows["1.0.2"] == {
        "compare": "compare 1.0.2",
        "Version": "1.0.2 stable",
        "Status": "published",
        "Release": "2",
        "metric": "0.9000",
        "Change": "+0.1000",
        "Created": rows["1.0.2"]["Created"],
        "Size": rows["1.0.2"]["Size"],
        "Bump": "patch",
        "Remarks": "",
    }
    assert "not better: metric overall went from 0.8000 to 0.7000" in rows["1.0.1"]["Remarks"]
    assert rows["1.0.4"]["Remarks"] == "in quarantine: quarantine"
    assert rows["1.0.3"]["metric"] == "\u2013"


def test_searching_sorting_and_filtering_come_from_the_address(read: Read) -> None:
    def versions(**query: str) -> list[str]:
        tables = read("/models/penguin", **query).tables
        return [
            row["Version"].split()[0] for name, rows in tables.items() if "Versions" in name for row in rows
        ]

    assert versions(q="metric not") == ["1.0.1"]
    assert versions(status="refused") == ["1.0.1"]
    assert versions(label="canary") == ["1.0.3"]
    assert versions(sort="version", size="2", page="2") == ["1.0.2", "1.0.3"]
    assert "No version fits" in read("/models/penguin", q="nowhere").text


def test_the_heading_that_is_sorted_by_says_so_and_turns_the_order(client: TestClient) -> None:
    html = client.get("/models/penguin?sort=version&q=1.0").text
    heading = re.search(r'<th [^>]*aria-sort="ascending"[^>]*><a href="([^"]*)"', html)
    assert heading
    assert heading[1].replace("&amp;", "&").startswith("/models/penguin?q=1.0&sort=-version")
    assert html.count("aria-sort") == 1


def test_a_page_of_many_versions_holds_only_its_own(
    root: Path, model: Model, make_candidate: Callable[[int], Path]
) -> None:
    for number in range(30):
        model.tag(make_candidate(number))
    page = reader_of(root)("/models/penguin")
    assert len(page.tables["Versions of penguin"]) == 25
    assert "page 1 of 2" in page.text
    assert page.links["Next"] == "/models/penguin?page=2#versions"


def test_events_are_paged_back_to_the_first(
    root: Path, model: Model, make_candidate: Callable[[int], Path]
) -> None:
    for number in range(30):
        model.tag(make_candidate(number))
    read, address, seen = reader_of(root), "/models/penguin", []
    while address:
        page = read(address)
        seen += [int(seq) for seq in re.findall(r"\d\d:\d\d #(\d+)", page.text)]
        address = page.links.get("Older", "").partition("#")[0]
    assert seen == list(range(30, 0, -1))


def test_the_plot_marks_each_candidate_by_what_became_of_it(client: TestClient) -> None:
    html = client.get("/models/penguin?slice=slice").text
    marks = re.findall(r'href="[^"]*/versions/([^"]*)" class="mark (\w+)" aria-label="([^"]*)"', html)
    assert [(version, status) for version, status, _ in marks] == [
        ("1.0.0", "published"),
        ("1.0.1", "refused"),
        ("1.0.2", "published"),
    ]
    assert marks[1][2] == "1.0.1 (refused): 0.7000, -0.1000 against 1.0.0 (0.8000)"
    assert html.count('class="ring"') == 1


def test_a_lost_verdict_is_left_out_of_the_plot_and_said(
    root: Path,
    model: Model,
    make_candidate: Callable[[int], Path],
    make_evaluation: Callable[..., Evaluation],
) -> None:
    # Numbers of its own: what was read of a verdict once is remembered by its digest.
    for number, accuracy in enumerate((0.61, 0.62)):
        version = model.tag(make_candidate(number)).version
        evaluation = make_evaluation(accuracy, baseline=model.stable())
        model.push(make_candidate(number), version, evaluation)
    verdict = model.version("1.0.1").state.verdict
    assert verdict is not None
    (root / ".hallmark" / "penguin" / "objects" / verdict.removeprefix("b3:")).unlink()
    page = reader_of(root)("/models/penguin")
    assert "1 verdict of the last candidates cannot be read and is left out" in page.text
    numbers = next(rows for name, rows in page.tables.items() if name.startswith("accuracy"))
    assert [row["Version"] for row in numbers] == ["1.0.0"]


def test_what_a_release_serves_as_leads_to_its_version(client: TestClient) -> None:
    for reference, version in (("stable", "1.0.2"), ("1", "1.0.0"), ("latest", "1.0.4"), ("canary", "1.0.3")):
        answer = client.get(f"/models/penguin/versions/{reference}", follow_redirects=False)
        assert answer.status_code == 307
        assert answer.headers["location"] == f"/models/penguin/versions/{version}"
