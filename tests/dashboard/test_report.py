"""`hallmark report`: the pages as files, without a server, a script or anything from elsewhere."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner

from tests.dashboard.metadata import write_metadata
from tests.dashboard.registries import write_history
from tests.dashboard.test_escaping import PAYLOAD, Page, hostile
from tfx_hallmark.cli.main import app
from tfx_hallmark.dashboard.report import STYLES
from tfx_hallmark.registry.registry import Registry

LIVE = Path(__file__).parents[2] / "components/tfx_hallmark/dashboard/templates/layouts/live.html"
VERSIONS = {"1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4"}
NOW = "2026-11-21T12:00:00.000000Z"
Report = Callable[..., Any]


@pytest.fixture
def report(history: Path) -> Report:
    """Runs the command on a registry, by default the one that tests only read."""

    def run(out: Path, *arguments: str, root: Path = history) -> Any:
        environment = {"HALLMARK_ROOT": str(root), "HALLMARK_METADATA": None}
        return CliRunner(env=environment).invoke(app, ["report", "--out", str(out), *arguments])

    return run


def made(result: Any) -> None:
    assert result.exit_code == 0, result.stderr


def pages_of(out: Path) -> dict[Path, Page]:
    files = sorted(out.rglob("*.html")) if out.is_dir() else [out]
    return {file: Page(file.read_text(encoding="utf-8")) for file in files}


def ids(page: Page) -> Counter[str]:
    return Counter(str(attributes["id"]) for _, attributes in page.tags if "id" in attributes)


def addresses(page: Page) -> set[str]:
    return {
        str(value)
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("href", "src", "action", "data", "poster", "srcset", "xlink:href")
    }


def check_links(out: Path) -> None:
    """Checks that every address leads to a file of the report, and to an id in it where it names one."""
    pages = pages_of(out)
    for file, page in pages.items():
        assert addresses(page)
        for address in addresses(page):
            parts = urlsplit(address)
            assert (parts.scheme, parts.netloc, parts.query) == ("", "", ""), address
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            assert target.is_file(), f"{address} in {file}"
            assert target == out or target.is_relative_to(out.resolve()), address
            if parts.fragment:
                assert unquote(parts.fragment) in ids(pages[target]), f"{address} in {file}"


def check_inert(out: Path) -> None:
    """Checks that nothing in the pages runs or loads anything."""
    for page in pages_of(out).values():
        elements = {tag for tag, _ in page.tags}
        assert not elements & {"script", "iframe", "object", "embed", "form", "input", "base", "img"}
        attributes = {name for _, given in page.tags for name in given}
        assert "style" not in attributes
        assert not {name for name in attributes if name.startswith("on")}
        assert policy(page).startswith("default-src 'none'; style-src ")
        assert "unsafe" not in policy(page)


def policy(page: Page) -> str:
    (found,) = (given for _, given in page.tags if given.get("http-equiv") == "Content-Security-Policy")
    return str(found["content"])


@pytest.fixture(params=["folder", "file"])
def out(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where a report goes, in each of its two forms."""
    return tmp_path / ("site" if request.param == "folder" else "report.html")


def test_every_link_resolves_and_nothing_runs_or_loads(report: Report, out: Path) -> None:
    made(report(out))
    check_links(out)
    check_inert(out)


def test_references_within_a_page_stay_within_it(report: Report, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    made(report(out))
    page = pages_of(out)[out]
    assert [name for name, count in ids(page).items() if count > 1] == []
    named = {
        name
        for _, attributes in page.tags
        for key in ("aria-labelledby", "aria-describedby", "for")
        for name in str(attributes.get(key) or "").split()
    }
    assert named
    assert named <= set(ids(page))


def test_a_folder_has_a_page_per_model_and_version_and_they_say_what_the_server_says(
    report: Report, client: Any, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    made(report(out))
    assert {file.stem for file in (out / "models/penguin").iterdir()} == {"index", *VERSIONS}
    page = pages_of(out)[out / "models/penguin/1.0.1.html"]
    live = Page(client.get("/models/penguin/versions/1.0.1").text)
    for expected in ("Refused", "accuracy", "1.0.0"):
        assert (expected in page.text) == (expected in live.text)
    verdict = Registry.open(report_root(client)).model("penguin").version("1.0.1").verdict
    assert verdict is not None
    assert all(reason.text in page.text for reason in verdict.reasons)
    assert "Compare with" not in page.text


def report_root(client: Any) -> Path:
    return Path(client.app.state.settings.root)


def test_the_live_pages_styles_are_all_there(report: Report, tmp_path: Path) -> None:
    live = set(re.findall(r"/static/(\w+\.css)", LIVE.read_text()))
    assert live
    assert live <= set(STYLES)
    out = tmp_path / "report.html"
    made(report(out))
    assert "--ground" in out.read_text()


def test_the_policy_of_one_file_allows_its_own_style_and_no_other(report: Report, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    made(report(out))
    (style,) = re.findall(r"<style>(.*?)</style>", out.read_text(encoding="utf-8"), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy(pages_of(out)[out]).startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_only_the_newest_versions_have_pages_and_those_with_a_label(report: Report, tmp_path: Path) -> None:
    out = tmp_path / "site"
    made(report(out, "--versions", "1"))
    assert {file.stem for file in (out / "models/penguin").iterdir()} == {"index", "1.0.2", "1.0.3", "1.0.4"}
    check_links(out)


def test_one_model_alone(report: Report, tmp_path: Path) -> None:
    out = tmp_path / "site"
    made(report(out, "--model", "seal"))
    assert [folder.name for folder in (out / "models").iterdir()] == ["seal"]
    assert "penguin" not in pages_of(out)[out / "index.html"].text
    check_links(out)
    missing = report(tmp_path / "other", "--model", "walrus")
    assert (missing.exit_code, missing.stderr) == (1, "hallmark: there is no model 'walrus'\n")
    assert not (tmp_path / "other").exists()


def test_hostile_text_stays_text(report: Report, tmp_path: Path, out: Path) -> None:
    root = tmp_path / "hostile"
    write_history(root, tmp_path / "candidates", hostile)
    made(report(out, root=root))
    check_inert(out)
    check_links(out)
    for page in pages_of(out).values():
        assert not [tag for tag, _ in page.tags if tag.startswith("evil")]
        assert not [name for _, given in page.tags for name in given if name.startswith("evil")]
        assert page.comments == []
    assert any(PAYLOAD in page.text for page in pages_of(out).values())


def test_the_same_content_gives_the_same_bytes(
    report: Report, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contents() -> dict[str, bytes]:
        made(report(out))
        files = [out] if out.is_file() else [file for file in out.rglob("*") if file.is_file()]
        return {str(file): file.read_bytes() for file in files}

    # Two things in a report depend on when it is made: that it says so, and how long what serves has served.
    for module in ("report", "views.model_view"):
        monkeypatch.setattr(f"tfx_hallmark.dashboard.{module}.utc_now", lambda: NOW)
    assert contents() == contents()


def test_a_report_replaces_an_earlier_one_and_leaves_nothing_beside_it(
    report: Report, out: Path, tmp_path: Path
) -> None:
    made(report(out, "--model", "seal"))
    made(report(out))
    texts = [page.text for page in pages_of(out).values()]
    assert any("penguin" in text for text in texts)
    assert list(tmp_path.iterdir()) == [out]


def test_what_no_report_made_is_not_replaced(report: Report, tmp_path: Path) -> None:
    folder, file = tmp_path / "site", tmp_path / "index.html"
    folder.mkdir()
    made(report(folder))
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("years")
    file.write_text("<p>mine</p>")
    for place in (own, file, tmp_path / "own" / "thesis.txt"):
        result = report(place)
        assert result.exit_code == 1
        assert (
            result.stderr
            == f"hallmark: {place} is there already and was not made by a report: give another place by --out\n"
        )
    assert (own / "thesis.txt").read_text() == "years"
    assert file.read_text() == "<p>mine</p>"


def test_a_report_that_fails_leaves_the_earlier_one_as_it_was(
    report: Report, out: Path, tmp_path: Path
) -> None:
    made(report(out))
    before = {file: file.read_bytes() for file in ([out] if out.is_file() else out.rglob("*.html"))}
    result = report(out, "--metadata", str(tmp_path / "missing.sqlite"))
    assert result.exit_code == 1
    # How far it is may be told before, on a slow machine.
    assert result.stderr.splitlines()[-1].startswith("hallmark: ")
    assert {file: file.read_bytes() for file in before} == before
    assert list(tmp_path.iterdir()) == [out]


def test_a_damaged_version_does_not_take_the_report_with_it(
    report: Report, own_history: Path, out: Path, tmp_path: Path
) -> None:
    digest = Registry.open(own_history).model("penguin").version("1.0.0").state.manifest
    objects = own_history / ".hallmark/penguin/objects"
    damaged = next(path for path in objects.rglob("*") if path.is_file() and path.name in digest)
    damaged.unlink()
    made(report(out, root=own_history))
    check_links(out)
    assert any(
        "penguin 1.0.0" in page.text and damaged.name[:12] in page.text for page in pages_of(out).values()
    )


def test_the_lineage_of_what_serves_is_drawn_where_metadata_is_given(
    report: Report, history: Path, out: Path, tmp_path: Path
) -> None:
    store = tmp_path / "metadata.sqlite"
    write_metadata(store, Registry.open(history))
    made(report(out, "--metadata", str(store)))
    check_links(out)
    check_inert(out)
    drawn = [page for page in pages_of(out).values() if "Lineage of penguin 1.0.2" in page.text]
    assert drawn
    assert "Trainer" in drawn[0].text
