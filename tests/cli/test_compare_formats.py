"""`hallmark compare` in every format: the same answer, whole, and no text of it becomes anything else."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.cli.markdown_page import MarkdownPage
from tests.dashboard.page_text import PageText
from tests.dashboard.registries import write_history
from tests.dashboard.test_escaping import Page
from tests.registry.stored_versions import store_three
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., str]
REFERENCES = ("penguin@1.0.0", "@1.0.1", "@2.0.0")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a registry with three versions; tests only read it."""
    folder = tmp_path_factory.mktemp("compare")
    model = Registry.create(folder / "serving").model("penguin")
    store_three(model, lambda n: change_weights(copy_saved_model("linear", folder / str(n)), n), folder)
    model.tag(change_weights(copy_saved_model("linear", folder / "bare"), 9))
    return folder / "serving"


@pytest.fixture
def compared(root: Path) -> Run:
    """Compares and gives what is printed."""

    def runs(*arguments: str) -> str:
        done = CliRunner(env={"COLUMNS": None}).invoke(app, ["compare", *arguments, "--root", str(root)])
        assert (done.exit_code, done.stderr) == (0, "")
        return done.stdout

    return runs


def rows_of(answer: Any) -> set[tuple[str, str]]:
    return {(section["title"], row["name"]) for section in answer["sections"] for row in section["rows"]}


@pytest.mark.parametrize("everything", [(), ("--all",)])
def test_every_format_has_every_section_row_and_change(compared: Run, everything: tuple[str, ...]) -> None:
    answer = json.loads(compared(*REFERENCES, *everything, "--json"))
    text = compared(*REFERENCES, *everything)
    markdown = MarkdownPage(compared(*REFERENCES, *everything, "--format", "markdown"))
    html = PageText(compared(*REFERENCES, *everything, "--format", "html"))
    (html_rows,) = html.tables.values()
    for section in answer["sections"]:
        assert section["title"] in text.splitlines()
        assert section["title"] in markdown.headings
        assert section["title"] in html.text
    for _, name in rows_of(answer):
        assert re.search(rf"^(\* )?{re.escape(name)}( |$)", text, re.M), name
        assert name in markdown.text
        assert any(str(next(iter(row.values()))).startswith(name) for row in html_rows), name
    for changes in answer["changes"]:
        head = f"{changes['version']} against 1.0.0: {changes.get('level', 'patch')}"
        for page in (text, markdown.text, html.text):
            assert head in page
            assert changes["data"] in page


def test_only_what_differs_is_in_it_unless_all_is_asked_for(compared: Run) -> None:
    shown = json.loads(compared(*REFERENCES, "--json"))
    explicit = json.loads(compared(*REFERENCES, "--only-changed", "--json"))
    whole = json.loads(compared(*REFERENCES, "--all", "--json"))
    assert shown == explicit
    assert all(row["changed"] for section in shown["sections"] for row in section["rows"])
    equal = rows_of(whole) - rows_of(shown)
    assert rows_of(shown) < rows_of(whole)
    assert len(equal) == whole["equal"] == shown["equal"]
    for form in ((), ("--format", "markdown"), ("--format", "html")):
        page = compared(*REFERENCES, *form)
        assert "optimizer" not in page
        assert "optimizer" in compared(*REFERENCES, "--all", *form)
        assert str(shown["equal"]) in page


def test_metrics_have_their_difference_from_the_first_by_slice(compared: Run) -> None:
    lines = [" ".join(line.split()) for line in compared(*REFERENCES).splitlines()]
    assert "accuracy overall 0.8000 0.9000 (+0.1000, better) 0.9500 (+0.1500, better)" in lines
    assert "accuracy on island:Dream 0.7000 0.7000 (same) 0.6000 (-0.1000, worse)" in lines
    assert "loss overall 1.0000 1.2000 (+0.2000, worse) 0.5000 (-0.5000, better)" in lines
    assert "<= 2 met by 1.0000 met by 0.8000 met by 1.5000" in lines


def test_data_that_differ_are_warned_of_and_the_same_data_are_not(compared: Run) -> None:
    assert "note: each version was measured on its own run's data" in compared(*REFERENCES)
    assert "note: " not in compared("penguin@1.0.0", "@1.0.1")


def test_code_is_shown_on_demand_in_every_format(compared: Run) -> None:
    diff = json.loads(compared(*REFERENCES, "--code", "--json"))["code"][1]["text"]
    assert "+    units = 32" in diff.splitlines()
    for form in ("text", "markdown", "html"):
        page = compared(*REFERENCES, "--code", "--format", form)
        assert "units = 32" in page
        assert "Binary files a/weights.npy and b/weights.npy differ" in page
        assert "units = 32" not in compared(*REFERENCES, "--format", form)


def test_a_diff_that_holds_a_fence_stays_within_its_own(compared: Run) -> None:
    page = MarkdownPage(compared(*REFERENCES, "--code", "--format", "markdown"))
    assert page.html.count("<pre>") == 2
    assert "html_inline" not in page.kinds
    (module, _) = re.findall(r"<pre><code class=\"language-diff\">(.*?)</code></pre>", page.html, re.S)
    assert "+    # ```wider``` | &lt;b&gt;\n" in module


def test_what_is_not_recorded_is_an_empty_cell_in_every_format(compared: Run) -> None:
    bare = json.loads(compared("penguin@1.0.0", "@latest", "--json"))
    assert bare["changes"][0]["data"] == "not recorded"
    for section in bare["sections"]:
        for row in section["rows"]:
            if section["title"] in ("Data", "Hyperparameters", "Metrics", "Environment", "Run"):
                assert row["values"][1] is None, row
    for form in ("text", "markdown", "html"):
        assert "None" not in compared("penguin@1.0.0", "@latest", "--all", "--code", "--format", form)
    assert "the source is not stored of " in compared("penguin@1.0.0", "@latest", "--code")


def hostile(word: str) -> str:
    return f"field-{word}-<script>alert(1)</script>|`*b*`[a](javascript:b)\n# h\n\x1b[2J\u202e$x$"


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("bad")
    write_history(root, tmp_path_factory.mktemp("candidates"), hostile)
    return root


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_no_text_becomes_markup_or_reaches_a_terminal(bad: Path, form: str) -> None:
    command = ["compare", "penguin@1.0.0", "@1.0.1", "@1.0.2", "--all", "--code", "--format", form]
    done = CliRunner().invoke(app, [*command, "--root", str(bad)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    if form == "html":
        page = Page(done.stdout)
        assert not {tag for tag, _ in page.tags} & {"script", "img", "iframe", "form", "link"}
        assert "field-metric-<script>alert(1)</script>|`*b*`" in page.text
    elif form == "markdown":
        read = MarkdownPage(done.stdout)
        assert not read.kinds & {"html_inline", "html_block", "link", "em", "image"}
        assert not [heading for heading in read.headings if heading == "h"]
        assert "field-metric-<script>alert(1)</script>|`*b*`[a](javascript:b)" in read.text
