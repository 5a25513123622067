"""`hallmark reproduce` on a version that the demo's pipeline made: a second training by TFX's own Trainer."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tfx_hallmark import Registry
from tfx_hallmark.registry.model import Model

SECOND_TRAINING = 900  # seconds that it may take on a busy machine; it takes twenty


@pytest.fixture
def copy(demo_here: Path, tmp_path: Path) -> Path:
    """A private copy of the demo's registry."""
    shutil.copytree(demo_here / "registry", tmp_path / "registry", symlinks=True)
    return tmp_path / "registry"


def hallmark(root: Path, *arguments: object) -> Any:
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", *map(str, arguments), "--root", str(root)]
    hidden = ("HALLMARK_ROOT", "HALLMARK_METADATA")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECOND_TRAINING,
        cwd=root,
        env=environment,
    )


def penguins(root: Path) -> Model:
    return Registry.open(root).model("penguin")


def moved_examples(demo: Path, root: Path, folder: Path) -> Path:
    """Copies the examples that 1.0.0 was trained on."""
    uri = penguins(root).version("1.0.0").manifest.provenance.inputs["examples"].uri
    assert Path(uri).is_relative_to(demo.resolve()) or Path(uri).is_dir()
    shutil.copytree(uri, folder)
    return folder


@pytest.mark.slow
def test_second_training_is_bit_equal_and_on_record(copy: Path) -> None:
    served = listing(copy / "penguin")
    before = [event.seq for event in penguins(copy).events()]
    done = hallmark(copy, "reproduce", "penguin@1.0.0", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["possible"] is True
    report = told["report"]
    assert (report["outcome"], report.get("reasons", [])) == ("bit_equal", [])
    assert report["weights"]["equal"] == report["weights"]["tensors"] > 0
    standing = {item["name"]: item["standing"] for item in told["plan"]}
    assert {standing[name] for name in ("examples", "schema", "transform_graph", "module", "seed")} == {
        "there"
    }

    model = penguins(copy)
    (event,) = [one for one in model.events() if one.seq not in before]
    assert (event.kind, event.data.version, event.seq) == ("reproduced", "1.0.0", told["event"])
    (kept,) = model.version("1.0.0").reproductions
    assert (kept.outcome, kept.digest) == ("bit_equal", model.version("1.0.0").digest)
    assert listing(copy / "penguin") == served, "no release is touched"
    assert model.version("stable").version == "1.2.0"


@pytest.mark.slow
def test_training_with_another_seed_is_different_and_says_why(copy: Path, tmp_path: Path) -> None:
    served = listing(copy / "penguin")
    source = penguins(copy).version("1.0.0").module_source
    module = tmp_path / "other" / "penguin.py"
    module.parent.mkdir()
    module.write_text(source.replace('settings["seed"]', '(settings["seed"] + 1)'))
    assert module.read_text().count('(settings["seed"] + 1)') == 2
    done = hallmark(copy, "reproduce", "penguin@1.0.0", "--module", module, "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    report = told["report"]
    assert report["outcome"] == "different"
    # The reasons are all that the plan found amiss, and the module is.
    amiss = [item["name"] for item in told["plan"] if item["standing"] != "there"]
    assert "module" in amiss
    assert [reason.split(" differs")[0].split(" is not")[0] for reason in report["reasons"]] == amiss
    assert report["weights"]["equal"] < report["weights"]["tensors"]
    assert report["weights"]["largest"] > 1e-5
    assert any(output.get("beyond", 0) > 0 for output in report["predictions"])
    assert report["metrics"], "the last resort is TFMA"

    assert [one.outcome for one in penguins(copy).version("1.0.0").reproductions] == ["different"]
    assert listing(copy / "penguin") == served
    (event,) = [event for event in penguins(copy).events() if event.seq == told["event"]]
    assert (event.kind, event.data.version) == ("reproduced", "1.0.0")


def test_plan_trains_and_records_nothing(copy: Path) -> None:
    before = listing(copy)
    done = hallmark(copy, "reproduce", "penguin@1.0.0", "--plan", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["possible"], told["report"], told["event"]) == (True, None, None)
    assert listing(copy) == before


def test_deleted_examples_are_missing_and_nothing_is_trained(
    copy: Path, demo_here: Path, tmp_path: Path
) -> None:
    # Deleting them where they lie would spoil the demo for others: the plan is told where they are not.
    gone = tmp_path / "gone"
    before = listing(copy)
    done = hallmark(copy, "reproduce", "penguin@1.0.0", "--plan", "--examples", gone, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["possible"] is False
    (item,) = [item for item in told["plan"] if item["name"] == "examples"]
    assert (item["standing"], item["essential"]) == ("missing", True)

    done = hallmark(copy, "reproduce", "penguin@1.0.0", "--examples", gone)
    assert done.returncode == 1
    told = done.stderr.splitlines()[-1]  # before it, which step takes long
    assert told.startswith("hallmark: ")
    assert "examples" in told
    assert "Traceback" not in done.stderr
    assert listing(copy) == before


def test_other_examples_in_their_place_differ_and_moved_ones_are_there(
    copy: Path, demo_here: Path, tmp_path: Path
) -> None:
    moved = moved_examples(demo_here, copy, tmp_path / "moved")
    done = hallmark(copy, "reproduce", "penguin@1.0.0", "--plan", "--examples", moved, "--json")
    assert done.returncode == 0, done.stderr
    assert {item["name"]: item["standing"] for item in json.loads(done.stdout)["plan"]}["examples"] == "there"

    train, evaluation = (next((moved / f"Split-{split}").iterdir()) for split in ("train", "eval"))
    shutil.copyfile(evaluation, train)
    done = hallmark(copy, "reproduce", "penguin@1.0.0", "--plan", "--examples", moved, "--json")
    assert done.returncode == 0, "other examples can be trained on"
    (item,) = [item for item in json.loads(done.stdout)["plan"] if item["name"] == "examples"]
    assert item["standing"] == "differs"
    assert item["recorded"] != item["found"]


def test_version_that_there_is_not_is_an_error_of_one_line(copy: Path) -> None:
    done = hallmark(copy, "reproduce", "penguin@9.9.9")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "9.9.9" in done.stderr
