"""What changed from one version to another, part by part, and how the code differs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.registry.stored_versions import BINARY_DIFF, LATER_MODULE, MODULE, store_three
from tfx_hallmark.registry.comparing.code_change import code_changes, code_diffs
from tfx_hallmark.registry.comparing.reading import Stored
from tfx_hallmark.registry.comparison import Changes, VersionComparison, compare
from tfx_hallmark.registry.manifest import Code
from tfx_hallmark.registry.model import Model


@pytest.fixture
def three(model: Model, make_candidate: Callable[[int], Path], tmp_path: Path) -> Model:
    assert store_three(model, make_candidate, tmp_path) == ["1.0.0", "1.0.1", "2.0.0"]
    return model


def compared(model: Model, *versions: str, code: bool = False) -> VersionComparison:
    return compare([model.version(version) for version in versions], code=code)


@pytest.fixture
def last(three: Model) -> Changes:
    """From 1.0.0 to 2.0.0."""
    return compared(three, "1.0.0", "2.0.0").changes[0]


def test_each_version_is_held_against_the_first_and_not_against_its_neighbour(three: Model) -> None:
    comparison = compared(three, "1.0.0", "1.0.1", "2.0.0")
    assert [(one.version, one.step) for one in comparison.changes] == [("1.0.1", "patch"), ("2.0.0", "major")]
    (accuracy,) = [one for one in comparison.metrics if (one.metric, one.slice) == ("accuracy", "Overall")]
    assert [one.delta for one in accuracy.readings] == [None, pytest.approx(0.1), pytest.approx(0.15)]
    turned = compared(three, "1.0.1", "1.0.0", "2.0.0")
    assert [one.version for one in turned.changes] == ["1.0.0", "2.0.0"]


def test_where_only_weights_changed_nothing_else_is_told(three: Model) -> None:
    (changes,) = compared(three, "1.0.0", "1.0.1").changes
    assert changes.lines == (("data", "same data"),)
    assert not changes.same_content
    (same,) = compared(three, "1.0.1", "1.0.1").changes
    assert (same.step, same.same_content) == ("the same model", True)


def test_the_schema_is_compared_feature_by_feature(last: Changes) -> None:
    assert last.schema == (
        "feature mass added (FLOAT, any number of values, optional)",
        "feature sex removed",
        "feature age changed type from INT to FLOAT",
        "feature age changed presence from in every example to in at least 0.5 of examples",
        "feature island gained in its domain Torgersen",
        "feature island lost from its domain Dream",
    )


def test_what_breaks_clients_is_marked_and_comes_first(last: Changes) -> None:
    assert [(one.text, one.breaks) for one in last.signatures] == [
        ("signature serving_default lost input x", True),
        ("signature serving_default requires a new input examples", True),
        ("signature serving_default lost output y", True),
        ("signature raw is new", False),
        ("signature serving_default gained output score", False),
    ]


def test_data_structure_settings_and_packages_are_told(last: Changes) -> None:
    assert last.data == "span 41 -> 42, 100 -> 120 records in train"
    assert last.structure == ("weight w from float32[3, 1] to float32[2, 1]", "weight b removed")
    assert last.settings == (
        "units changed from 8 to 32",
        "train_args.num_steps changed from 30 to 300",
        "seed 42 -> 43",
    )
    assert last.packages == "1 added, 1 removed, 1 changed"
    assert last.code == (
        "trainer.py changed: 3 lines added, 2 removed",
        "git commit 0123456789ab -> fedcba987654",
        "uncommitted changes: none -> 1 binary file",
    )


def test_turned_round_it_tells_the_opposite(three: Model) -> None:
    (changes,) = compared(three, "2.0.0", "1.0.0").changes
    assert changes.data == "span 42 -> 41, 120 -> 100 records in train"
    assert "feature mass removed" in changes.schema
    assert "signature serving_default requires a new input x" in [one.text for one in changes.signatures]
    assert "uncommitted changes: 1 binary file -> none" in changes.code


def test_packages_that_differ_are_named_but_for_those_of_the_environment(three: Model) -> None:
    comparison = compared(three, "1.0.0", "1.0.1", "2.0.0")
    rows = {
        section.title: {row.name: row.values for row in section.rows if row.changed}
        for section in comparison.sections
    }
    assert rows["Other packages"] == {"left-out": ("1", "1", None), "new-one": (None, None, "2")}
    assert rows["Environment"] == {"keras": ("3.0", "3.0", "3.1")}


def test_code_is_a_unified_diff_that_makes_the_one_of_the_other(three: Model) -> None:
    module, uncommitted = compared(three, "1.0.0", "2.0.0", code=True).code
    assert (module.name, module.version, module.note) == ("trainer.py", "2.0.0", "")
    lines = module.text.split("\n")
    assert lines[:2] == ["--- trainer.py of 1.0.0", "+++ trainer.py of 2.0.0"]
    hunk = lines[3 : lines.index("\\ No newline at end of file")]
    assert LATER_MODULE.endswith("\n".join(line[1:] for line in hunk if line[0] in " +"))
    assert MODULE.endswith("\n".join(line[1:] for line in hunk if line[0] in " -") + "\n")
    assert uncommitted.name == "uncommitted changes"
    assert [line[1:] for line in uncommitted.text.splitlines()[3:]] == BINARY_DIFF.splitlines()
    (same,) = compared(three, "1.0.0", "1.0.1", code=True).code
    assert (same.text, same.note) == ("", "same source")
    assert compared(three, "1.0.0", "2.0.0").code == ()


@pytest.mark.parametrize("lost", ["schema_text", "module_source", "diff", "all_packages"])
def test_a_lost_text_costs_its_own_part_and_a_note_that_names_it(three: Model, lost: str) -> None:
    made_from = three.version("2.0.0").manifest.provenance
    known = {
        name: getattr(part, name)
        for part in (made_from.data, made_from.code, made_from.environment)
        for name in ("schema_text", "module_source", "diff", "all_packages")
        if hasattr(part, name)
    }
    (three.root / ".hallmark/penguin/objects" / known[lost].removeprefix("b3:")).unlink()
    comparison = compared(three, "1.0.0", "2.0.0", code=True)
    (changes,) = comparison.changes
    assert [known[lost].removeprefix("b3:") in remark for remark in comparison.remarks] == [True, False]
    assert (changes.schema == ("another schema; its text is not recorded for both",)) == (
        lost == "schema_text"
    )
    assert (changes.packages == "") == (lost == "all_packages")
    assert ("trainer.py changed: the sources are not both stored" in changes.code) == (
        lost == "module_source"
    )
    assert ("uncommitted changes: none -> some, not stored" in changes.code) == (lost == "diff")
    (module, *_) = comparison.code
    assert module.note == ("the source is not stored of 2.0.0" if lost == "module_source" else "")


def stored(source: str | None, diff: str | None = None) -> Stored:
    return Stored(
        verdict=None, evidence=None, packages=None, schema_text=None, module_source=source, code_diff=diff
    )


def code(digest: str = "b3:1", *, dirty: bool | None = None, diff: str | None = None) -> Code:
    return Code(module="m.py", module_digest=digest, dirty=dirty, diff=diff)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("a\n", "a\n\x0cb\n", "1 line added, 0 removed"),
        ("-- old\n++ old\n", "new\n", "1 line added, 2 removed"),
        ("", "a", "1 line added, 0 removed"),
        ("a\u2028b\n", "a\u2028c\n", "1 line added, 1 removed"),
    ],
)
def test_lines_are_counted_as_diff_counts_them(before: str, now: str, told: str) -> None:
    assert list(code_changes(code(), code("b3:2"), stored(before), stored(now))) == [f"m.py changed: {told}"]
    (diff,) = code_diffs(code(), code("b3:2"), stored(before), stored(now), first="1", version="2")
    assert ("No newline" in diff.text) == (not now.endswith("\n"))


@pytest.mark.parametrize(
    ("diff", "told"),
    [
        ("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "1 line added, 1 removed"),
        (BINARY_DIFF * 2, "2 binary files"),
        (
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n+Binary files differ\n" + BINARY_DIFF,
            "1 line added, 0 removed, 1 binary file",
        ),
        ("", "some, not stored"),
    ],
)
def test_uncommitted_changes_are_counted_file_by_file(diff: str, told: str) -> None:
    (line,) = code_changes(code(dirty=False), code(dirty=True, diff="b3:9"), stored("a"), stored("a", diff))
    assert line == f"uncommitted changes: none -> {told}"
