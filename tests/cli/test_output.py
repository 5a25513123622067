"""What the commands print is safe and readable, whatever the registry holds and wherever it goes."""

import re
import sys

import pytest
from rich.cells import cell_len

from tests.cli.conftest import HOSTILE, WIDE
from tfx_hallmark.answers import text
from tfx_hallmark.answers.text import escape

EVERY_PAGE = [
    ("list",),
    ("list", "penguin"),
    ("show", "penguin@1.0.4"),
    ("why", "penguin@1.0.4"),
    ("live",),
    ("live", "penguin"),
    ("log", "penguin"),
]
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("arguments", EVERY_PAGE)
def test_nothing_in_the_registry_reaches_the_terminal_as_a_command(hallmark, arguments):
    page = hallmark(*arguments)
    assert page.exit_code == 0, page.stderr
    assert not FORBIDDEN.search(page.stdout)
    assert not FORBIDDEN.search(hallmark(*arguments, "--json").stdout)


def test_control_characters_are_written_out(hallmark):
    page = hallmark("show", "penguin@1.0.4").stdout
    assert r"\x1b[2J\x1b]0;owned\x07[bold red]boo[/bold red] \u202eevil\r\nsecond line\x9b31m" in page


def test_json_keeps_free_text_exactly(answer):
    assert answer("show", "penguin@1.0.4")["description"] == HOSTILE
    assert answer("show", "penguin@1.0.0")["description"] == WIDE


def test_piped_a_row_is_one_line_without_colour(hallmark):
    page = hallmark("list", "penguin")
    assert len(page.stdout.splitlines()) == 8
    assert "\x1b" not in page.stdout
    assert all(line == line.rstrip() for line in page.stdout.splitlines())


@pytest.mark.parametrize("columns", [90, 120, 160])
@pytest.mark.parametrize(
    "arguments", [("list", "penguin"), ("why", "penguin@1.0.1"), ("show", "penguin@1.0.1")]
)
def test_lines_fit_the_screen(hallmark, penguin, columns, arguments):
    page = hallmark(*arguments, COLUMNS=str(columns)).stdout
    assert all(cell_len(line) <= columns for line in page.splitlines())
    assert penguin.version("1.0.1").state.summary in " ".join(page.split())


def test_a_narrow_screen_puts_free_text_below_its_row(hallmark):
    lines = hallmark("list", "penguin", COLUMNS="80").stdout.splitlines()
    row = next(index for index, line in enumerate(lines) if line.startswith("1.0.3"))
    assert lines[row].endswith("patch")
    assert lines[row + 1] == "    baseline moved from release 1 to release 2"
    assert all(cell_len(line) <= 80 for line in lines)


def test_wide_characters_keep_columns_aligned(hallmark, make_candidate, model, root):
    model.push_unchecked(make_candidate(1), model.tag(make_candidate(1)).version, reason="r", actor="飼育員")
    model.tag(make_candidate(2), actor="me")
    rows = hallmark("log", "penguin", "--root", str(root)).stdout.splitlines()
    starts = {
        cell_len(row[: row.index(word)])
        for row, word in zip(rows, ("WHAT", "tagged,", "published as"), strict=False)
    }
    assert len(starts) == 1


def test_colour_only_where_it_is_wanted(hallmark):
    assert "\x1b[" in hallmark("list", "penguin", FORCE_COLOR="1", TERM="xterm").stdout
    plain = hallmark("list", "penguin", FORCE_COLOR="1", TERM="xterm", NO_COLOR="1").stdout
    assert not re.search("\x1b\\[[0-9;]*3[0-7]m", plain)


def test_output_that_cannot_carry_unicode(process):
    done = process(
        "-m", "tfx_hallmark.cli.main", "show", "penguin@1.0.0", environment={"PYTHONIOENCODING": "ascii"}
    )
    assert done.returncode == 0, done.stderr
    assert r"\u30da\u30f3" in done.stdout


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_499, "999 kB"), (999_950, "1 MB"), (2 * 10**9, "2 GB")],
)
def test_sizes(count, expected):
    assert text.size(count) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), (0.0, "0.0000"), (0.75, "0.7500"), (1e-9, "1e-09"), (-3e-7, "-3e-07"), (1.5e9, "1.5e+09")],
)
def test_numbers_show_small_margins(value, expected):
    assert text.number(value) == expected


def test_every_character_but_plain_ones_is_escaped():
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        shown = escape(char)
        assert shown.isprintable() or char in "\u00a0\u202f\u3000\u200c\u200d"
        if char.isprintable():
            assert shown == char
