"""`hallmark card`: every section of every kind of version, and nothing on it that is not on record."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import evaluation
from tests.cli.documented_commands import command_of
from tests.cli.markdown_page import MarkdownPage
from tests.dashboard.page_text import PageText
from tests.saved_models import copy_saved_model
from tests.signing_keys import make_keys
from tfx_hallmark.answers.card_notes import KEYS, NOTES
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]
Make = Callable[[int], Path]
SECTIONS = [
    "Model details",
    "Intended use",
    "Data",
    "Metrics",
    "Quantitative analyses",
    "Training",
    "Limitations",
    "Ethical considerations",
    "How it was judged",
    "Where it served",
    "Signature",
    "How to reproduce it",
]
# Of the registry that these tests share; see `conftest._write_history`.
STANDINGS = {
    "1.0.0": "published",
    "1.0.1": "refused",
    "1.0.2": "published",
    "1.0.4": "published",
    "1.0.5": "quarantined",
    "2.0.0": "tagged",
}


def sections_of(page: PageText) -> list[str]:
    """Gives the headings of sections, each once: what the Trainer was told stands under one of the same name."""
    return list(dict.fromkeys(heading for heading in page.headings if heading in SECTIONS))


def section(card: Any, key: str) -> Any:
    (found,) = [one for one in card["sections"] if one["key"] == key]
    return found


def facts(card: Any, key: str) -> dict[str, str]:
    return {fact["name"]: fact["text"] for group in section(card, key)["groups"] for fact in group["facts"]}


def gaps(card: Any, key: str) -> list[str]:
    return [gap["what"] for gap in section(card, key)["gaps"]]


@pytest.mark.parametrize("version", STANDINGS)
@pytest.mark.parametrize("form", ["markdown", "html"])
def test_every_kind_of_version_has_every_section(hallmark: Run, version: str, form: str) -> None:
    done = hallmark("card", f"penguin@{version}", "--format", form)
    assert (done.exit_code, done.stderr) == (0, "")
    page = PageText(done.stdout) if form == "html" else MarkdownPage(done.stdout)
    assert sections_of(page) == SECTIONS
    assert STANDINGS[version] in page.text
    assert page.headings[0] == f"penguin {version}"


@pytest.mark.parametrize("version", STANDINGS)
def test_whatever_is_not_on_record_says_how_to_fill_it(
    answer: Run, hallmark: Run, penguin: Model, version: str
) -> None:
    card = answer("card", f"penguin@{version}")
    found = [gap for one in card["sections"] for gap in one["gaps"]]
    assert found
    for gap in found:
        assert gap["what"]
        assert gap["fill"]
        if gap["command"]:
            program, name, *arguments = shlex.split(gap["fill"])
            assert program == "hallmark"
            command_of(name).make_context(name, [*arguments])
            assert f"penguin@{version}" in arguments
    page = hallmark("card", f"penguin@{version}").stdout
    assert page.count("*Not recorded:*") == len(found)
    assert f"{len(found)} lines of it say *not recorded*" in page
    assert hallmark("card", f"penguin@{version}", "--format", "html").stdout.count("Not recorded: ") == len(
        found
    )


def test_a_gap_closes_with_the_command_that_it_names(
    model: Model, told: Run, run: Run, three: list[str]
) -> None:
    before = told("card", "penguin@stable")
    for one in (gap for found in before["sections"] for gap in found["gaps"] if gap["command"]):
        program, name, *arguments = shlex.split(one["fill"].replace('"..."', f'"This is {one["what"]}."'))
        if name == "sign":
            keys = make_keys(model.path.parent.parent / "keys")
            arguments[arguments.index("FILE")] = str(keys.private)
        assert run(name, *arguments).exit_code == 0, program
    card = told("card", "penguin@stable")
    assert [gap for one in card["sections"] for gap in one["gaps"] if gap["command"]] == []
    texts = [text["text"] for one in card["sections"] for text in one["texts"]]
    assert texts == [f"This is {what}." for what in ("what it is", *(note.what for note in NOTES))]


def test_each_note_with_a_place_stands_in_its_section_and_others_among_the_details(
    told: Run, three: list[str]
) -> None:
    labels = [word for key in sorted(KEYS) for word in ("--label", f"{key}=This is {key}.")]
    told("annotate", "penguin@stable", *labels, "--label", "ticket=A-1")
    card = told("card", "penguin@stable")
    for note in NOTES:
        assert f"This is {note.key}." in [text["text"] for text in section(card, note.section)["texts"]]
    assert facts(card, "details")["note: ticket"] == "A-1"
    assert not {f"note: {key}" for key in KEYS} & set(facts(card, "details"))


def test_what_it_says_is_what_the_manifest_the_verdict_and_the_log_say(answer: Run, penguin: Model) -> None:
    card, version = answer("card", "penguin@1.0.2"), penguin.version("1.0.2")
    details, manifest = facts(card, "details"), version.manifest
    assert (details["digest"], details["tag"], details["labels"]) == (manifest.digest, manifest.tag, "stable")
    assert facts(card, "data") == {
        "examples": "/data/CsvExampleGen/examples/1",
        "span": "7",
        "splits": "train, eval",
    }
    training = facts(card, "training")
    assert (training["learning_rate"], training["train.num_steps"], training["seed"]) == ("0.01", "200", "42")
    assert version.verdict is not None
    judged = facts(card, "judged")
    assert judged["because"] == version.verdict.reasons[0].text
    assert judged["baseline"] == "1.0.0, release 1"
    (table,) = section(card, "metrics")["tables"]
    assert table["title"] == "By slice, against 1.0.0 on the same data"
    rows = {(row[0], row[1]): row[2:] for row in table["rows"]}
    assert rows["Overall", "accuracy"][:3] == ["0.9000", "0.8000", "+0.1000"]
    assert rows["Overall", "accuracy"][-1] == ">= 0.5: met; better by more than 0: met"
    served = facts(card, "served")
    assert served["labels now"] == "stable"
    (stays,) = section(card, "served")["tables"]
    assert [row[2] for row in stays["rows"]] == ["now"]


def test_a_missed_threshold_is_marked_and_a_refused_candidate_never_served(answer: Run) -> None:
    card = answer("card", "penguin@1.0.1")
    (table,) = section(card, "metrics")["tables"]
    assert any("MISSED" in row[-1] for row in table["rows"])
    assert facts(card, "judged")["outcome"] == "refused"
    assert facts(card, "served") == {"releases": "none: it was never published, so nothing has served it"}


def test_a_version_without_evidence_has_no_plots_and_says_what_would_record_one(
    answer: Run, hallmark: Run
) -> None:
    for version in ("1.0.4", "1.0.5", "2.0.0"):
        card = answer("card", f"penguin@{version}")
        assert (card["metric"], card["history"], card["slices"]) == (None, None, [])
        assert gaps(card, "metrics") == ["how good it is"]
        assert gaps(card, "analyses") == ["plots"]
        assert not section(card, "metrics")["tables"]
        assert '<svg class="chart' not in hallmark("card", f"penguin@{version}", "--format", "html").stdout


def test_what_was_quarantined_says_why_and_what_was_forced_says_so(answer: Run) -> None:
    card = answer("card", "penguin@1.0.5")
    assert (
        facts(card, "details")["in quarantine"] == facts(card, "served")["in quarantine"] == "leaked labels"
    )
    assert "gate passed over" in facts(answer("card", "penguin@1.0.4"), "judged")


def test_a_version_of_which_nothing_is_known_claims_nothing(answer: Run) -> None:
    card = answer("card", "penguin@2.0.0")
    assert facts(card, "data") == facts(card, "training") == facts(card, "reproduction") == {}
    assert section(card, "reproduction")["commands"] == []
    assert gaps(card, "reproduction") == ["the data", "the training code", "the random seed"]
    assert gaps(card, "training") == [
        "code", "hyperparameters", "training", "environment", "cost", "run", "training curve"
    ]  # fmt: skip
    assert all(not one["texts"] for one in card["sections"])


def test_what_was_adopted_has_a_card_that_says_so(tmp_path: Path, hallmark: Run) -> None:
    base = tmp_path / "old" / "penguin"
    copy_saved_model("linear", base / "1")
    environment = {"HALLMARK_ROOT": str(base.parent)}
    assert hallmark("adopt", str(base), **environment).exit_code == 0
    card = json.loads(hallmark("card", "penguin@stable", "--json", **environment).stdout)
    assert card["status"] == "adopted"
    (gap,) = section(card, "judged")["gaps"]
    assert gap["fill"].startswith("It was taken in as it stood")
    assert facts(card, "served")["release 1"]
    for form in ("markdown", "html"):
        assert hallmark("card", "penguin@stable", "--format", form, **environment).exit_code == 0


def test_what_was_pruned_says_that_its_files_are_gone(told: Run, run: Run, three: list[str]) -> None:
    told("config", "--rollback-targets", "0", "--standby", "0", "--reason", "a test")
    told("prune", "penguin", "--keep-last", "0", "--reason", "a test")
    card = told("card", f"penguin@{three[0]}")
    assert facts(card, "served")["release 1"].endswith(", its files are deleted")
    assert run("card", f"penguin@{three[0]}", "--format", "html").exit_code == 0


@pytest.mark.parametrize("lost", ["the verdict", "the evidence", "everything"])
def test_a_record_that_is_lost_is_told_at_the_top_and_costs_its_own_lines(
    model: Model, run: Run, make_candidate: Make, lost: str
) -> None:
    version = model.tag(make_candidate(1), description="Tells penguins apart.").version
    # A number of its own, for what was read once in this process is known.
    model.push(make_candidate(1), version, evaluation(0.81 + len(lost) / 1000, None))
    manifest, verdict = model.state.versions[version].manifest, model.state.versions[version].verdict
    for path in (model.root / ".hallmark/penguin/objects").iterdir():
        is_verdict = f"b3:{path.name}" == verdict
        if f"b3:{path.name}" != manifest and (lost == "everything" or is_verdict == (lost == "the verdict")):
            path.unlink()
    what = "the verdict" if lost == "everything" else lost
    for form in ("markdown", "html"):
        done = run("card", f"penguin@{version}", "--format", form)
        assert (done.exit_code, done.stderr) == (0, "")
        page = PageText(done.stdout) if form == "html" else MarkdownPage(done.stdout)
        assert sections_of(page) == SECTIONS
        assert f"{what} of {version} cannot be read" in page.text.partition("Model details")[0]
        assert "Tells penguins apart." in page.text


def test_a_lost_manifest_is_one_line(model: Model, wrong: Run, make_candidate: Make) -> None:
    version = model.tag(make_candidate(1)).version
    manifest = model.state.versions[version].manifest.removeprefix("b3:")
    (model.root / ".hallmark/penguin/objects" / manifest).unlink()
    assert manifest in wrong(1, "card", f"penguin@{version}")


def test_a_card_reads_and_never_writes(history: Path, hallmark: Run) -> None:
    before = Registry.open(history).model("penguin").state.seq
    assert hallmark("card", "penguin@stable").exit_code == 0
    assert Registry.open(history).model("penguin").state.seq == before


def test_the_help_names_every_key_that_has_a_place() -> None:
    assert set(re.findall(r"\w+", str(command_of("card").help))) >= KEYS
