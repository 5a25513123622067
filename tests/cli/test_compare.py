"""`hallmark compare`: versions side by side."""

import pytest


def rows(answer, title):
    return {
        row["name"]: row["values"]
        for section in answer["sections"]
        if section["title"] == title
        for row in section["rows"]
    }


def test_only_what_differs_is_shown_and_the_rest_is_counted(answer, hallmark):
    shown = answer("compare", "penguin@1.0.0", "penguin@stable")
    assert shown["versions"] == ["1.0.0", "1.0.2"]
    assert rows(shown, "Metrics") == {
        "accuracy overall": [0.8, 0.9],
        "accuracy on island:Biscoe": [0.8, 0.9],
    }
    assert rows(shown, "Hyperparameters") == {}
    page = hallmark("compare", "penguin@1.0.0", "penguin@stable").stdout
    assert f"{shown['equal']} rows are the same in all versions and not shown: use --all" in page
    assert "learning_rate" not in page


def test_all_shows_what_is_the_same_too_and_marks_what_is_not(answer, hallmark):
    shown = answer("compare", "penguin@1.0.0", "penguin@stable", "--all")
    assert rows(shown, "Hyperparameters") == {"learning_rate": [0.01, 0.01], "optimizer": ["adam", "adam"]}
    lines = [
        " ".join(line.split())
        for line in hallmark("compare", "penguin@1.0.0", "penguin@stable", "--all").stdout.splitlines()
    ]
    assert "learning_rate 0.01 0.01" in lines
    assert any(line.startswith("* accuracy overall 0.8000 0.9000") for line in lines)


def test_several_versions_and_references_without_the_name(answer):
    shown = answer("compare", "penguin@1", "@stable", "penguin@1.0.3", "@latest")
    assert shown["versions"] == ["1.0.0", "1.0.2", "1.0.3", "2.0.0"]
    assert rows(shown, "Data")["span"] == ["7", "7", "7", None]


def test_the_same_version_twice_does_not_differ(hallmark):
    page = hallmark("compare", "penguin@1.0.2", "penguin@stable").stdout
    assert "nothing differs" in page


def test_long_texts_stand_below_the_table(hallmark, penguin):
    lines = hallmark("compare", "penguin@1.0.0", "penguin@1.0.2").stdout.splitlines()
    start = lines.index("Verdict")
    below = [" ".join(line.split()) for line in lines[start:]]
    assert f"1.0.2: {penguin.version('1.0.2').verdict.summary}" in below


@pytest.mark.parametrize(
    ("references", "message"),
    [
        (["penguin@1.0.0"], "a comparison takes two or more versions, not 1: name another one"),
        (
            ["penguin@1.0.0", "seal@latest"],
            "penguin and seal are different models: compare versions of one model",
        ),
        (["penguin@1.0.0", "@"], "'penguin@' names no version"),
        (["@stable", "@latest"], "model name '' cannot be used"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(hallmark, references, message):
    result = hallmark("compare", *references)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"hallmark: {message}")
    assert result.stderr.count("\n") == 1


def test_a_version_that_is_not_there_fails(hallmark):
    result = hallmark("compare", "penguin@1.0.0", "penguin@9.9.9")
    assert result.exit_code == 1
    assert "there is no such version of penguin" in result.stderr


def test_hostile_text_is_written_out(hallmark):
    page = hallmark("compare", "penguin@1.0.0", "penguin@1.0.4").stdout
    assert "\x1b" not in page
    assert "\\x1b[2J" in page


def test_markdown_holds_a_table_and_no_control_characters(hallmark):
    page = hallmark("compare", "penguin@1.0.0", "penguin@1.0.4", "--format", "markdown")
    assert (page.exit_code, page.stderr) == (0, "")
    assert page.stdout.startswith("#")
    assert any(set(line) <= set("|:- ") and "--" in line for line in page.stdout.splitlines())
    assert "\x1b" not in page.stdout


def test_json_is_a_format_too(hallmark):
    by_format = hallmark("compare", "penguin@1.0.0", "@stable", "--format", "json")
    by_option = hallmark("compare", "penguin@1.0.0", "@stable", "--json")
    assert by_format.stdout == by_option.stdout
    assert hallmark("compare", "penguin@1.0.0", "@stable", "--json", "--format", "html").exit_code == 2


def test_the_name_of_the_file_says_how_it_is_written(hallmark, tmp_path):
    beginnings = {"c.html": "<!doctype html>", "c.md": "#", "c.json": "{", "c.txt": "penguin 1.0.0, 1.0.2"}
    for name, beginning in beginnings.items():
        (tmp_path / name).write_text("an earlier one")
        done = hallmark("compare", "penguin@1.0.0", "@stable", "-o", str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (0, f"{tmp_path / name}: penguin 1.0.0, 1.0.2\n")
        assert (tmp_path / name).read_text().lower().startswith(beginning)


def test_an_html_file_loads_nothing(hallmark, tmp_path):
    assert (
        hallmark("compare", "penguin@1.0.0", "penguin@1.0.4", "-o", str(tmp_path / "c.html")).exit_code == 0
    )
    text = (tmp_path / "c.html").read_text()
    assert "<script src" not in text
    assert '<link rel="stylesheet" href="http' not in text
    assert "[bold red]boo" in text


def test_a_failed_comparison_leaves_the_earlier_file(hallmark, tmp_path):
    (tmp_path / "c.html").write_text("an earlier one")
    assert hallmark("compare", "penguin@1.0.0", "@9.9.9", "-o", str(tmp_path / "c.html")).exit_code == 1
    assert (tmp_path / "c.html").read_text() == "an earlier one"
    assert [path.name for path in tmp_path.iterdir()] == ["c.html"]


def test_a_file_that_cannot_be_written_is_one_line(hallmark, tmp_path):
    (tmp_path / "file").touch()
    done = hallmark("compare", "penguin@1.0.0", "@stable", "-o", str(tmp_path / "file" / "c.md"))
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
