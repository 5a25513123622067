"""`hallmark gate`: exit codes, the answer in four forms, and files of it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RULES
from tests.conftest import listing
from tests.registry.adopted import writable
from tests.registry.evaluated import numbers, push
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]
STRICT = RULES.replace("min: 0.5", "min: 0.99").replace("slice_min_examples: 50", "min_examples: 1000")


# Exit codes.


def test_what_the_push_let_through_passes_and_what_it_refused_fails(hallmark: Run) -> None:
    passed = hallmark("gate", "penguin@1.0.2", "--against", "1.0.0")
    assert (passed.exit_code, passed.stderr) == (0, "")
    assert passed.stdout.startswith("penguin 1.0.2 against 1.0.0  passed\nboth measured together, on ")
    assert hallmark("why", "penguin@1.0.2").stdout.split(" published: ")[-1] in passed.stdout
    failed = hallmark("gate", "penguin@1.0.1", "--against", "penguin@1.0.0")
    assert (failed.exit_code, failed.stderr) == (1, "")
    assert "not better: accuracy on island:Biscoe went from 0.8000 to 0.8000" in failed.stdout


def test_stable_is_what_a_version_has_to_beat_by_default(answer: Run, hallmark: Run) -> None:
    done = hallmark("gate", "penguin@1.0.1", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["against"]["version"] == "1.0.2"
    assert answer("gate", "penguin@1.0.2", "--against", "@1.0.0")["against"]["release"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["penguin"], "names no version"),
        (["penguin@1.0.2", "--against", "seal@1.0.0"], "different models"),
        (["penguin@1.0.2", "--against", ""], "names no version"),
        (["penguin@1.0.2", "--against", "00"], "is no version"),
        (["penguin@1.0.2", "--config", "nonesuch.yaml"], "nonesuch.yaml cannot be read (No such file"),
        (["penguin@1.0.2", "--format", "yaml"], "'yaml' is not one of"),
        (["penguin@1.0.2", "--json", "--format", "junit"], "exclude each other"),
        (["penguin@1.0.2", "--out", "gate.html"], "does not say how it is to be written"),
        (["penguin@1.0.2", "--format", "junit", "--out", "a.xml", "--out", "b.xml"], "for one FILE"),
    ],
)
def test_wrong_usage_is_2_and_nothing_is_answered(hallmark: Run, arguments: list[str], said: str) -> None:
    done = hallmark("gate", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr.splitlines()[-1]


def test_rules_that_cannot_be_used_are_wrong_usage(run: Run, two: Model, rules: Callable[..., Path]) -> None:
    for text in ("valus: []", "", "values: ["):
        done = run("gate", "penguin@1.0.1", "--config", rules(text))
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith(f"hallmark: {rules(text)}: ")


def test_a_version_that_there_is_not_is_a_line_and_no_report(hallmark: Run, tmp_path: Path) -> None:
    for arguments in (["penguin@9.9.9"], ["penguin@1.0.1", "--against", "9.9.9"], ["walrus@latest"]):
        done = hallmark("gate", *arguments, "--out", str(tmp_path / "gate.xml"))
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert not list(tmp_path.iterdir())


def test_what_was_never_evaluated_fails_with_what_to_run(hallmark: Run) -> None:
    done = hallmark("gate", "penguin@1.0.2", "--against", "canary")
    assert (done.exit_code, done.stderr) == (1, "")
    assert "no evaluation of penguin@1.0.4 is on record\n  hallmark compare " in done.stdout


def test_nothing_is_changed_and_nothing_heavy_is_loaded(process: Run, history: Path) -> None:
    before = listing(history)
    script = (
        "import sys; from tfx_hallmark.cli.main import app\n"
        "try: app(['gate', 'penguin@1.0.2', '--against', '1.0.0', '--format', 'junit'])\n"
        "except SystemExit as end: print(end.code, *sys.modules, file=sys.stderr)"
    )
    done = process("-c", script)
    code, *loaded = done.stderr.split()
    assert code == "0"
    heavy = {"tensorflow", "tfx", "ml_metadata", "apache_beam", "pydantic", "fastapi"}
    assert not {name.split(".")[0] for name in loaded} & heavy
    assert listing(history) == before


def test_i1_nothing_is_finished_that_a_crash_left(run: Run, two: Model, root: Path) -> None:
    last = max(two.state.releases)
    staging = root / ".hallmark/penguin/staging" / two.state.releases[last].staging
    staging.mkdir(parents=True)
    writable(two.path / str(last)).rename(staging / "model")
    before = listing(root)
    assert run("gate", "penguin@1.0.1", "--against", "1.0.0").exit_code == 0
    assert listing(root) == before


# A file of rules.


def test_the_rules_of_a_file_count_in_place_of_those_on_record(
    run: Run, two: Model, rules: Callable[..., Path]
) -> None:
    passed = run("gate", "penguin@1.0.1", "--against", "1.0.0", "--config", rules(RULES.replace("50", "40")))
    assert (passed.exit_code, passed.stderr) == (0, "")
    failed = run("gate", "penguin@1.0.1", "--against", "1.0.0", "--config", rules(STRICT))
    assert failed.exit_code == 1
    assert "accuracy overall is 0.8000 on 100 examples, required: >= 0.99" in failed.stdout
    assert "it was measured on 100 examples, fewer than 1000\n  evaluate on more data\n" in failed.stdout


def test_other_data_is_refused_unless_it_is_allowed(
    run: Run, two: Model, make_candidate: Callable[[int], Path]
) -> None:
    push(two, make_candidate(3), numbers(0.9, 0.95), numbers(0.8), data="b3:99")
    refused = run("gate", "penguin@1.0.2", "--against", "1.0.0")
    assert refused.exit_code == 1
    assert "were measured on different data" in refused.stdout
    assert "--allow-other-data" in refused.stdout
    assert "better by more than 0 (not compared)" in refused.stdout
    allowed = run("gate", "penguin@1.0.2", "--against", "1.0.0", "--allow-other-data")
    assert allowed.exit_code == 0
    assert "measured on different data: " in allowed.stdout


# Markdown and files.


def test_markdown_is_a_heading_the_reasons_and_a_table(run: Run, two: Model) -> None:
    done = run("gate", "penguin@1.0.1", "--against", "1.0.0", "--format", "markdown")
    lines = done.stdout.splitlines()
    assert lines[0] == "### ✅ penguin 1.0.1 against 1.0.0: passed"
    assert lines[2].startswith("- it beats release 1 (1.0.0): accuracy overall went from 0.7000 to 0.8000")
    table = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {8}
    assert "| accuracy | Overall | 0.8000 | - | +0.3000 | \\>= 0.5 | pass |" in table
    failed = run("gate", "penguin@1.0.0", "--format", "markdown").stdout
    assert failed.startswith("### ❌ penguin 1.0.0 against 1.0.1: failed\n")
    assert "**FAIL**" in failed


def test_files_are_written_beside_the_text_each_as_its_name_says(
    run: Run, two: Model, tmp_path: Path
) -> None:
    files = [tmp_path / f"gate.{suffix}" for suffix in ("xml", "md", "json", "txt")]
    for file in files:
        file.write_text("an earlier one")
    which = ("gate", "penguin@1.0.0")
    done = run(*which, *(part for file in files for part in ("--out", file)))
    assert (done.exit_code, done.stderr) == (1, "")
    assert files[0].read_text().startswith("<?xml ")
    assert files[1].read_text() == run(*which, "--format", "markdown").stdout
    assert files[2].read_text() == run(*which, "--json").stdout
    assert files[3].read_text() == run(*which).stdout == done.stdout
    summary = tmp_path / "summary"
    both = run(*which, "--out", summary, "--format", "markdown", "--json")
    assert json.loads(both.stdout) == json.loads(files[2].read_text())
    assert summary.read_text() == files[1].read_text()


def test_a_file_that_cannot_be_written_is_a_line_and_leaves_no_half(
    run: Run, two: Model, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = run("gate", "penguin@1.0.1", "--against", "1.0.0", "--out", tmp_path / "file" / "gate.xml")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_json_has_all_of_it(run: Run, two: Model) -> None:
    told = json.loads(run("gate", "penguin@1.0.1", "--against", "1.0.0", "--json").stdout)
    assert (told["passed"], told["measured"], told["rules"]) == (True, "together", "record")
    assert told["reasons"][0]["code"] == "better"
    assert told["checks"][0] == {
        "metric": "accuracy",
        "slice": "Overall",
        "rule": "value",
        "threshold": ">= 0.5",
        "candidate": 0.8,
        "baseline": None,
        "improvement": None,
        "margin": pytest.approx(0.3),
        "passed": True,
        "judged": True,
        "note": "",
        "examples": 100,
        "confidence": None,
        "interval": None,
        "reason": "",
    }


def test_the_files_of_the_documentation_are_rules(run: Run, two: Model, rules: Callable[..., Path]) -> None:
    page = Path(__file__).parents[2] / "docs" / "ci.md"
    (text,) = re.findall(r"^```yaml\n(values:.*?)^```$", page.read_text(), re.M | re.S)
    done = run("gate", "penguin@1.0.1", "--against", "1.0.0", "--config", rules(text))
    assert (done.exit_code, done.stderr) == (1, "")
    assert "there is accuracy" in done.stdout


def test_every_key_and_code_of_the_documentation_is_there() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ci.md").read_text()
    from tfx_hallmark.registry.gating.rules import ChangeRule, GateRules, ValueRule

    for kind in (GateRules, ChangeRule, ValueRule):
        for key in kind.__struct_fields__:
            assert f"`{key}`" in page, key
