"""`hallmark card` as a file: it loads nothing, has its plots, and no text on it becomes anything else."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from tests.cli.markdown_page import MarkdownPage
from tests.dashboard.registries import write_history
from tests.dashboard.test_escaping import PAYLOAD, Page
from tfx_hallmark.cli.main import app

Run = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"
# What GitHub would make something of, and what would end a cell, a line or a fence.
MARKS = "*b* _i_ **c** `d` [e](javascript:f) ![g](http://h.example/i.png) | j ~~k~~ $l$ @m www.n.example <!--"


def hostile(word: str) -> str:
    return f"field-{word}-{PAYLOAD} {MARKS}\r\n\n# heading\n- item\n> quote\n\x1b[2J\x00\u202e```"


def shown(text: str) -> str:
    """What is left of a text: on one line, with control characters written out."""
    from tfx_hallmark.answers.text import escape

    return escape(" ".join(text.split()))


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a registry of hostile texts, with a hostile text under each key that has a place on a card."""
    root = tmp_path_factory.mktemp("bad")
    registry = write_history(root, tmp_path_factory.mktemp("candidates"), hostile)
    model = registry.model("penguin")
    notes = {key: hostile(key) for key in ("owner", "intended_use", "limitations", "mitigation")}
    model.annotate("1.0.2", notes=notes, actor="a test")
    return root


def written(root: Path, file: Path, version: str = "1.0.2") -> str:
    done = CliRunner().invoke(app, ["card", f"penguin@{version}", "-o", str(file), "--root", str(root)])
    assert (done.exit_code, done.stderr) == (0, "")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("version", ["1.0.1", "1.0.2", "1.0.3"])
def test_no_text_becomes_markup_in_html(bad: Path, tmp_path: Path, version: str) -> None:
    page = Page(written(bad, tmp_path / "card.html", version))
    assert not {tag for tag, _ in page.tags} & {
        "script",
        "evil-tag",
        "img",
        "link",
        "iframe",
        "form",
        "object",
    }
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") or name == "evil-attribute" for name in attributes), tag
        assert str(attributes.get("href", "#")).startswith("#")
        assert not {"src", "srcset", "data", "action", "xlink:href"} & set(attributes)
    assert not page.comments
    assert "evil-template" not in page.html.replace(" + '-template'", "")


def test_each_text_is_shown_as_it_was_written_in_html_and_in_markdown(bad: Path, tmp_path: Path) -> None:
    html = Page(written(bad, tmp_path / "card.html"))
    markdown = MarkdownPage(written(bad, tmp_path / "card.md"))
    words = (
        "metric",
        "slice",
        "owner",
        "intended_use",
        "limitations",
        "mitigation",
        "description",
        "note",
        "note-value",
    )
    for word in (*words, "hyperparameter-value", "signature", "input", "module", "run-id"):
        start = shown(f"field-{word}-{PAYLOAD} {MARKS}")
        assert start in " ".join(html.text.split()), word
        assert start in markdown.text, word
    for text in (html.text, markdown.text):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
        assert r"\x1b[2J\x00" in text


def test_no_text_becomes_markdown(bad: Path, tmp_path: Path) -> None:
    page = MarkdownPage(written(bad, tmp_path / "card.md"))
    assert not page.kinds & {"html_inline", "html_block", "link", "s", "code_block", "hr"}
    # What is emphasised, quoted or code is ours; quotes tell of records that cannot be read.
    ours = re.findall(r"<(strong|em|code|blockquote|h\d)\b.*?>(.*?)</\1>", page.html, re.S)
    assert len(ours) > 20
    assert not [text for _, text in ours if "field-" in text]
    plain = MarkdownPage(written(bad, tmp_path / "1.0.0.md", "1.0.0"))
    assert page.headings[1:] == plain.headings[1:]
    # A table's rows have as many cells as its head, whatever is in them.
    tables = re.findall(r"(?:^\|.*\n)+", page.source, re.M)
    assert len(tables) > 5
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


def test_pictures_of_markdown_are_files_beside_it_and_no_text_leads_out_of_them(
    bad: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "a b#c"
    folder.mkdir()
    page = MarkdownPage(written(bad, folder / "CARD?1.md"))
    assert [address for _, address in page.pictures] == [
        "CARD%3F1.files/versions.svg",
        "CARD%3F1.files/slices.svg",
    ]
    for _, address in page.pictures:
        root = ET.parse(folder / unquote(address)).getroot()
        assert not list(root.iter(f"{SVG}script"))
        assert "field-metric-" in "".join(root.itertext())
    assert sorted(path.name for path in folder.iterdir()) == ["CARD?1.files", "CARD?1.md"]


def test_html_has_both_plots_with_a_mark_for_each_version_and_slice(history: Path, tmp_path: Path) -> None:
    html = written(history, tmp_path / "card.html")
    charts = re.findall(r'<svg class="chart.*?</svg>', html, re.S)
    assert len(charts) == 2
    over_versions, by_slice = charts
    titles = re.findall(r"<title>([^<]*)</title>", over_versions)
    assert [title.split(":")[0] for title in titles] == [
        "1.0.0 (published)",
        "1.0.1 (refused)",
        "1.0.2 (published, stable)",
        "1.0.3 (refused)",
    ]
    assert by_slice.count('class="value"') == 2
    assert "Overall" in by_slice
    assert "island:Biscoe" in by_slice


def test_html_allows_itself_nothing_but_its_own_style(history: Path, tmp_path: Path) -> None:
    page = Page(written(history, tmp_path / "card.html"))
    (policy,) = [
        str(found["content"])
        for tag, found in page.tags
        if found.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")
    assert re.search(r"style-src 'sha256-[\w+/=]+'", policy)
    assert "unsafe" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org)", page.html)
    assert "prefers-color-scheme: dark" in page.html


def test_each_link_of_html_leads_to_a_place_in_it(history: Path, tmp_path: Path) -> None:
    page = Page(written(history, tmp_path / "card.html"))
    places = {f"#{attributes['id']}" for _, attributes in page.tags if attributes.get("id")}
    assert {str(found["href"]) for tag, found in page.tags if tag == "a" and found.get("href")} <= places


def test_an_earlier_file_is_replaced_whole_or_left(history: Path, hallmark: Run, tmp_path: Path) -> None:
    for name in ("card.html", "card.md"):
        (tmp_path / name).write_text("an earlier one")
        assert hallmark("card", "penguin@9.9.9", "-o", str(tmp_path / name)).exit_code == 1
        assert (tmp_path / name).read_text() == "an earlier one"
        assert "an earlier one" not in written(history, tmp_path / name)
    done = hallmark("card", "penguin@stable", "-o", str(tmp_path / "card.md" / "x.md"))
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
