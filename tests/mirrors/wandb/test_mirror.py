"""What an offline run of Weights & Biases holds of a version, read back from its file."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.conftest import listing
from tests.mirrors.trained import LOSSES, RATES, train_three
from tests.mirrors.wandb.offline_run import OfflineRun
from tfx_hallmark.mirrors.mirror import Mirrored
from tfx_hallmark.mirrors.opening import open_mirror
from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.model import Model

ALL = ["1.0.0", "1.1.0", "1.2.0"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the offline runs go; the user's own settings are out of it."""
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "offline"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    return tmp_path / "offline"


@pytest.fixture
def trained(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    return train_three(model, make_candidate)


def bring(model: Model, *versions: str, to: str = "wandb:team/penguins") -> tuple[Mirrored, list[str]]:
    """Brings versions, by default all; gives what the mirror says, and those that were told."""
    told: list[str] = []
    mirror = open_mirror(to)
    mirror.check_reachable()
    return mirror.bring(model, versions or list(model.state.versions), told=told.append), told


def runs_in(folder: Path) -> dict[str, OfflineRun]:
    """Gives the offline runs by version; there is one of each."""
    found = [OfflineRun(path) for path in (folder / "wandb").glob("offline-run-*")]
    by_version = {run.config["hallmark"]["version"]: run for run in found}
    assert len(by_version) == len(found)
    return by_version


def services(folder: Path) -> list[psutil.Process]:
    """Gives wandb's own processes that were started for a folder and still run."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("WANDB_DIR") == str(folder) and process.pid != os.getpid():
                found.append(process)
    return found


def test_an_offline_run_holds_config_summary_history_and_artifact(
    trained: Model,
    folder: Path,
    root: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WANDB_RUN_ID", "of-somebody-else")
    monkeypatch.setenv("WANDB_SERVICE", "2-1-tcp-localhost-1")
    mirrored, told = bring(trained)
    assert told == ALL
    assert services(folder) == []
    assert mirrored.labels == {"stable": "1.0.0", "canary": "1.2.0"}
    assert capfd.readouterr() == ("", "")
    runs = {version: OfflineRun(Path(mirrored.links[version])) for version in ALL}
    assert sorted(runs_in(folder)) == ALL

    refused = runs["1.1.0"]
    assert refused.ended
    assert (refused.run.entity, refused.run.project) == ("team", "penguins")
    assert (refused.run.display_name, refused.run.run_group) == ("penguin 1.1.0", "penguin")
    assert list(refused.run.tags) == ["hallmark", "refused"]
    assert refused.run.notes.startswith("penguin 1.1.0 was refused: not better: accuracy overall went from")
    assert refused.config["learning_rate"] == RATES[1]
    assert refused.config["layers"] == [16, 8]
    assert refused.config["train_args"] == {"num_steps": 300}
    assert refused.config["seed"] == 42
    assert refused.config["data"]["records"] == {"train": 100, "eval": 50}
    own = refused.config["hallmark"]
    version = trained.version("1.1.0")
    assert (own["digest"], own["commit"], own["mlmd_model_id"]) == (version.digest, "0123abc", "6")
    assert own["registry"] == str(root)
    expected = {"accuracy": 0.6, "accuracy/island:Biscoe": 0.4, "outcome": "refused", "baseline": "1.0.0"}
    expected |= {"release": None, "releases": [], "location": None, "labels": []}
    assert expected.items() <= refused.summary.items()
    assert version.verdict is not None
    assert refused.summary["verdict"] == version.verdict.sentence
    assert [(one["epoch"], one["training/loss"], one["_step"]) for one in refused.history] == [
        (n, loss, n) for n, loss in enumerate(LOSSES, start=1)
    ]
    (artifact,) = refused.artifacts
    assert (artifact.name, artifact.type) == ("penguin", "model")

    canary = runs["1.2.0"]
    assert (canary.run.run_id, canary.history) == ("training-7", [])  # it has the epochs already
    expected = {
        "release": 2,
        "location": str(root / "penguin" / "2"),
        "labels": ["canary"],
        "status": "published",
    }
    assert expected.items() <= canary.summary.items()
    (artifact,) = canary.artifacts
    metadata = json.loads(artifact.metadata)
    assert metadata["digest"] == trained.version("1.2.0").digest
    assert (metadata["version"], metadata["release"]) == ("1.2.0", 2)
    assert metadata["base_path"] == str(root / "penguin")
    (content,) = artifact.manifest.contents
    assert content.path == "manifest.json"
    assert json.loads(Path(content.local_path).read_text())["digest"] == metadata["digest"]

    assert runs["1.0.0"].aliases == {"v1.0.0", "stable"}
    assert refused.aliases == {"v1.1.0"}
    assert canary.aliases == {"v1.2.0", "canary"}


def test_bringing_again_writes_only_what_changed(trained: Model, folder: Path) -> None:
    first, _ = bring(trained)
    before = listing(folder)
    again, told = bring(trained)
    assert (again, told) == (first, ALL)
    assert listing(folder) == before

    trained.promote("1.2.0", "stable", reason="it beat what was stable")
    trained.annotate("1.1.0", description="written before, and changed")
    moved, told = bring(trained, "1.2.0")
    assert told == ["1.2.0"]
    assert moved.labels == {"stable": "1.2.0", "canary": "1.2.0"}
    runs = runs_in(folder)
    assert runs["1.2.0"].aliases == {"v1.2.0", "stable", "canary"}
    assert runs["1.0.0"].aliases == {"v1.0.0"}
    assert runs["1.0.0"].summary["labels"] == []
    assert {run.run.run_id for run in runs.values()} == {
        Path(link).name.split("-", 3)[3] for link in first.links.values()
    }
    assert runs["1.1.0"].run.notes.endswith("\n\nwritten before, and changed")  # though not asked for


def test_a_run_that_was_uploaded_stays_and_the_next_one_has_its_id(trained: Model, folder: Path) -> None:
    trained.withdraw("canary", reason="a test")
    first, _ = bring(trained, "1.0.0")
    runs = runs_in(folder)
    # The newest comes too, and last: wandb's own `latest` goes to what is logged last.
    assert sorted(runs, key=lambda version: runs[version].started) == ["1.0.0", "1.2.0"]
    uploaded = Path(first.links["1.0.0"])
    (file,) = uploaded.glob("*.wandb")
    file.with_name(f"{file.name}.synced").touch()
    trained.annotate("1.0.0", description="the first good one")
    second, told = bring(trained, "1.0.0")
    assert told == ["1.0.0"]
    assert uploaded.exists()
    later = OfflineRun(Path(second.links["1.0.0"]))
    assert later.run.run_id == OfflineRun(uploaded).run.run_id
    assert later.run.notes.endswith("\n\nthe first good one")
    assert [content.digest for content in later.artifacts[0].manifest.contents] == [
        content.digest for content in OfflineRun(uploaded).artifacts[0].manifest.contents
    ]


def test_where_wandb_is_disabled_nothing_is_written(
    trained: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    mirrored, told = bring(trained)
    assert (mirrored, told) == (Mirrored(links={}, labels={}), ALL)
    assert not folder.exists()


def test_online_without_a_key_or_a_server_is_told_in_a_line(
    trained: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("WANDB_MODE", "online")
        monkeypatch.setenv("WANDB_BASE_URL", address)
        mirror = open_mirror("wandb:penguins")
        for tried in (mirror.check_reachable, lambda: mirror.bring(trained, ALL, told=print)):
            with pytest.raises(MirrorError, match=f"there is no key for W&B at {address}: set WANDB_API_KEY"):
                tried()
        netrc = Path(os.environ["HOME"]) / ".netrc"
        netrc.parent.mkdir()
        netrc.write_text("machine 127.0.0.1 login user password secret\n")
        netrc.chmod(0o600)
        with pytest.raises(MirrorError, match=f"W&B at {address} cannot be reached .*refused") as caught:
            mirror.check_reachable()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("WANDB_MODE", "sometimes", "WANDB_MODE=sometimes cannot be: take online, offline or disabled"),
        ("WANDB_BASE_URL", "wandb.example", "WANDB_BASE_URL=wandb.example is no address: write https://HOST"),
        ("WANDB_DIR", f"{__file__}/runs", f"W&B cannot write its runs into {__file__}/runs: set WANDB_DIR"),
    ],
)
def test_settings_that_cannot_be_are_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(MirrorError, match=told):
        open_mirror("wandb:penguins").check_reachable()


@pytest.mark.parametrize("place", ["a/b/c", "/penguins", "team/", "pen:guins", " "])
def test_a_place_that_is_no_project_is_told_in_a_line(place: str) -> None:
    with pytest.raises(MirrorError, match="names no project: write wandb:"):
        open_mirror(f"wandb:{place}")


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (
            "raise ModuleNotFoundError(\"No module named 'wandb'\", name='wandb')",
            "wandb is not installed here: pip",
        ),
        ("print('chatter')\nraise RuntimeError('out of order')", "W&B failed: RuntimeError: out of order"),
        ("import os\nos._exit(3)", "W&B failed: exit code 3"),
        (
            "import subprocess\nsubprocess.Popen(['sleep', '600'])\nraise OSError('full')",
            "W&B failed: OSError: full",
        ),
    ],
)
def test_a_wandb_that_fails_is_told_in_a_line(
    trained: Model, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, told: str
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "wandb.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'broken'}{os.pathsep}{os.environ['PYTHONPATH']}")
    with pytest.raises(MirrorError) as caught:
        bring(trained)
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)
    _, alive = psutil.wait_procs(services(folder), timeout=60)
    assert alive == []  # nor does anything that it started go on


def test_wandb_ends_when_who_asked_is_killed(
    trained: Model, root: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "slow").mkdir()
    begun = tmp_path / "begun"
    source = f"import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(600)"
    (tmp_path / "slow" / "wandb.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'slow'}{os.pathsep}{os.environ['PYTHONPATH']}")
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "mirror", "wandb:penguins", "penguin"]
    asking = subprocess.Popen([*command, "--root", str(root)])
    until = time.monotonic() + 120
    while not begun.exists():
        assert asking.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)
    assert len(services(folder)) == 2
    asking.kill()
    asking.wait()
    _, alive = psutil.wait_procs(services(folder), timeout=60)
    assert alive == []
