"""`hallmark reproduce`: the plan, which trains nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.conftest import PROVENANCE
from tests.conftest import listing
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


@pytest.fixture
def made(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """1.0.0 with everything on record, of which nothing is here any more; 1.1.0 with nothing on record."""
    provenance = msgspec.structs.replace(PROVENANCE, environment=None)
    model.tag(make_candidate(1), provenance=lambda _: provenance)
    model.tag(make_candidate(2))
    return model


@pytest.mark.parametrize("which", ["1.0.0", "1.1.0", "latest"])
def test_a_plan_says_what_is_missing_and_exits_with_1(made: Model, run: Run, root: Path, which: str) -> None:
    before = listing(root)
    done = run("reproduce", f"penguin@{which}", "--plan", "--json", HALLMARK_METADATA="")
    assert done.exit_code == 1
    assert "hallmark: " not in done.stderr  # what takes long is told there
    answer = json.loads(done.stdout)
    assert (answer["model"], answer["possible"]) == ("penguin", False)
    items = {item["name"]: item for item in answer["plan"]}
    assert (items["examples"]["standing"], items["examples"]["essential"]) == ("missing", True)
    assert listing(root) == before


@pytest.mark.parametrize("fault", ["lost", "changed"])
def test_a_plan_goes_on_without_the_list_of_packages(
    model: Model, make_candidate: Callable[[int], Path], run: Run, root: Path, fault: str
) -> None:
    version = model.tag(make_candidate(1), provenance=lambda _: PROVENANCE)
    environment = version.manifest.provenance.environment
    assert environment is not None
    path = root / ".hallmark/penguin/objects" / environment.all_packages.removeprefix("b3:")
    assert not path.exists()  # no digest of what was stored
    if fault == "changed":
        path.write_bytes(b'{"keras":"3"}')
    done = run("reproduce", "penguin@1.0.0", "--plan", "--json", HALLMARK_METADATA="")
    assert (done.exit_code, "hallmark: " in done.stderr) == (1, False)
    items = {item["name"]: item for item in json.loads(done.stdout)["plan"]}
    assert items["other packages"]["standing"] == "missing"
    assert not items["other packages"].get("essential")
    assert "backup" in items["other packages"]["note"]
    assert items["platform"]["standing"] in ("there", "differs")  # what follows it in the plan is there too


def test_the_plan_tells_people_what_to_do(made: Model, run: Run) -> None:
    page = run("reproduce", "penguin@1.0.0", "--plan", HALLMARK_METADATA="", COLUMNS="200")
    assert page.exit_code == 1
    assert page.stdout.startswith("penguin@1.0.0: plan\n")
    assert "--input examples=DIR" in page.stdout


def test_without_what_it_needs_nothing_is_trained_or_recorded(made: Model, run: Run, root: Path) -> None:
    before = made.state.seq
    done = run("reproduce", "penguin@1.0.0", HALLMARK_METADATA="")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("hallmark: ")
    assert made.state.seq == before


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (1, ("penguin@9.9.9", "--plan")),
        (1, ("walrus@1.0.0", "--plan")),
        (2, ("penguin", "--plan")),
        (2, ("penguin@1.0.0", "--input", "schema")),
        (2, ("penguin@1.0.0", "--tolerance", "-1")),
        (2, ("penguin@1.0.0", "--tolerance", "nan")),
    ],
)
def test_wrong_usage_changes_nothing(made: Model, wrong: Run, code: int, arguments: tuple[str, ...]) -> None:
    assert wrong(code, "reproduce", *arguments)
