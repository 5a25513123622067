"""Every command prints one JSON document where --json is given; a rehearsal finishes nothing that a crash left."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.cli.every_command import APART, arguments
from tests.conftest import listing
from tests.registry.adopted import writable
from tests.saved_models import change_weights, copy_saved_model
from tests.signing_keys import make_keys
from tfx_hallmark.cli.commands import NAMES
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

# `report` writes pages, `metrics` text for Prometheus; lineage and sync need a metadata store, tag-git a git
# repository, and their own tests have one.
ELSEWHERE = {"lineage", "sync", "tag-git"}
NAMED = [name for name in NAMES if name not in {*APART, *ELSEWHERE, "report", "metrics"}]
REHEARSED = ["adopt", "annotate", "canary", "config", "hold", "import", "promote", "prune", "quarantine"]
REHEARSED += ["deliver", "mirror", "rollback", "sign", "unhold", "unquarantine"]
# Neither a signature, nor data, nor an evaluation is there, which is an answer.
FAIL = {"signature", "reproduce", "gate"}
NUMBERLESS = {"history", "blame"}  # what was pushed past the gate has no numbers


def make_busy(folder: Path) -> Model:
    """Makes a root with which every command has something to do, and beside it what commands read."""
    model = Registry.create(folder / "root").model("penguin")
    for number in range(1, 6):
        candidate = change_weights(copy_saved_model("linear", folder / "candidates" / str(number)), number)
        model.push_unchecked(candidate, model.tag(candidate).version, reason="a test")
    Registry.open(model.root).settings.change(
        lambda now: msgspec.structs.replace(now, serving_policy="labels", rollback_targets=0, standby=0),
        actor="a test",
        reason="a test",
    )
    model.promote_unchecked("1.0.1", "canary", reason="a test")
    model.quarantine("1.0.3", reason="a test")
    model.hold("1.0.2", reason="a test")
    archive = ["export", "penguin@1.0.1", "--out", str(folder / "penguin.hallmark")]
    assert CliRunner().invoke(app, [*archive, "--root", str(model.root)]).exit_code == 0
    make_keys(folder)
    copy_saved_model("linear", folder / "old" / "penguin" / "1")
    return model


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make_busy` makes; tests only read it."""
    folder = tmp_path_factory.mktemp("busy")
    make_busy(folder)
    return folder


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same where a process died between the commit of the last release and its exposure; only read as well."""
    folder = tmp_path_factory.mktemp("crashed")
    model = make_busy(folder)
    last = max(model.state.releases)
    staging = model.root / ".hallmark/penguin/staging" / model.state.releases[last].staging
    staging.mkdir(parents=True)
    writable(model.path / str(last)).rename(staging / "model")
    return folder


def run(folder: Path, name: str, *options: str) -> Any:
    version = {"unquarantine": "1.0.3", "unhold": "1.0.2"}.get(name, "1.0.0")
    given = arguments(folder, version=version)
    if name in REHEARSED or "--dry-run" in options:
        given |= {"serving-plan": ["penguin", "--apply"], "doctor": ["--fix"]}
        given |= {"config": ["--serving-policy", "latest", "--reason", "a test"]}
    root = {} if name == "adopt" else {"HALLMARK_ROOT": str(folder / "root")}
    return CliRunner(env={"HALLMARK_METADATA": "", **root}).invoke(app, [name, *given[name], *options])


@pytest.mark.parametrize("name", NAMED)
def test_it_is_one_document(busy: Path, name: str) -> None:
    done = run(busy, name, *(["--dry-run"] if name in REHEARSED else []), "--json")
    if name in NUMBERLESS:
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        return
    answer = json.loads(done.stdout)
    assert isinstance(answer, dict | list)
    if name in REHEARSED:
        assert answer["dry_run"] is True
    failed = name in FAIL or bool(name == "doctor" and answer["findings"])
    assert done.exit_code == failed, done.stderr


@pytest.mark.parametrize("name", [*REHEARSED, "serving-plan", "doctor"])
def test_i1_a_rehearsal_finishes_nothing_that_a_crash_left(crashed: Path, name: str) -> None:
    before = listing(crashed)
    done = run(crashed, name, "--dry-run")
    assert isinstance(done.exception, SystemExit | None), done.exception
    assert done.stdout
    assert done.exit_code == (1 if name == "doctor" else 0), done.stderr
    assert listing(crashed) == before


def test_a_rehearsed_adoption_finishes_nothing_in_the_directory_it_looks_at(crashed: Path) -> None:
    before = listing(crashed)
    done = CliRunner().invoke(app, ["adopt", str(crashed / "root" / "penguin"), "--dry-run"])
    assert isinstance(done.exception, SystemExit | None), done.exception
    assert listing(crashed) == before


def test_what_is_done_in_earnest_finishes_it(tmp_path: Path) -> None:
    model = make_busy(tmp_path)
    last = max(model.state.releases)
    staging = model.root / ".hallmark/penguin/staging" / model.state.releases[last].staging
    staging.mkdir(parents=True)
    writable(model.path / str(last)).rename(staging / "model")
    assert run(tmp_path, "hold").exit_code == 0
    assert (model.path / str(last) / "saved_model.pb").exists()


def test_every_command_that_can_be_rehearsed_is(busy: Path) -> None:
    from tests.cli.test_every_command import options_of

    able = {name for name in NAMES if "--dry-run" in options_of(name)}
    assert able == {*REHEARSED, "serving-plan", "doctor", "sync", "tag-git"}
    assert {name for name in NAMES if "--json" in options_of(name)} == {*NAMED, *ELSEWHERE}
