"""The log of a training: what is in its file, whatever becomes of the process and of the mirrors."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.training_curve import TrainingCurve
from tfx_hallmark.training_log import EpochLog
from tfx_hallmark.training_log.epoch_file import NAME, read_curve

PATIENCE = 120.0  # no test waits so long: it is for a busy machine

TRAINING = """
import sys
from tfx_hallmark.training_log import EpochLog

log = EpochLog(sys.argv[1])
log.log({"loss": 0.5})
log.log({"loss": 0.25})
print("in the third", flush=True)
sys.stdin.read()
"""


def curve_in(folder: Path) -> TrainingCurve:
    found = read_curve((folder / NAME).read_bytes())
    assert found is not None
    return found


def losses(folder: Path) -> list[tuple[int, float]]:
    return [(epoch.epoch, epoch.metrics["loss"]) for epoch in curve_in(folder).epochs]


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port where everybody is let in and nobody is answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def nobody() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("tfx_hallmark") and record.levelno >= logging.WARNING
    ]


def test_each_epoch_is_in_the_file_before_log_returns(tmp_path: Path) -> None:
    log = EpochLog(tmp_path / "run")
    log.log({"loss": 0.5, "val_loss": 0.75})
    assert losses(tmp_path / "run") == [(1, 0.5)]
    log.log({"loss": 0.25, "val_loss": 0.5})
    assert losses(tmp_path / "run") == [(1, 0.5), (2, 0.25)]
    log.end()
    first, second = curve_in(tmp_path / "run").epochs
    assert first.metrics == {"loss": 0.5, "val_loss": 0.75}
    assert first.time < second.time
    assert first.time.endswith("Z")
    assert curve_in(tmp_path / "run").runs == {}


def test_a_process_killed_in_its_third_epoch_leaves_two(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TRAINING, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as training:
        assert training.stdout is not None
        assert training.stdout.readline() == "in the third\n"
        training.kill()
        assert training.wait() == -signal.SIGKILL
    assert losses(tmp_path) == [(1, 0.5), (2, 0.25)]


def test_a_line_torn_by_a_crash_costs_nothing_but_itself(tmp_path: Path) -> None:
    log = EpochLog(tmp_path)
    log.log({"loss": 0.5})
    whole = (tmp_path / NAME).read_bytes()
    log.log({"loss": 0.25})
    written = (tmp_path / NAME).read_bytes()
    for end in range(len(whole), len(written)):
        (tmp_path / NAME).write_bytes(written[:end])
        # All but the last line's end is a whole line already.
        assert losses(tmp_path) == [(1, 0.5), (2, 0.25)][: 2 if end == len(written) - 1 else 1]
        EpochLog(tmp_path).log({"loss": 0.125}, epoch=2)
        assert losses(tmp_path) == [(1, 0.5), (2, 0.125)]


def test_a_training_begun_anew_takes_the_place_of_the_one_before_and_a_resumed_one_goes_on(
    tmp_path: Path,
) -> None:
    for value in (0.5, 0.4, 0.3):
        EpochLog(tmp_path).log({"loss": value}, epoch=round(6 - value * 10))
    assert losses(tmp_path) == [(1, 0.5), (2, 0.4), (3, 0.3)]
    EpochLog(tmp_path).log({"loss": 0.35}, epoch=3)
    assert losses(tmp_path) == [(1, 0.5), (2, 0.4), (3, 0.35)]
    EpochLog(tmp_path).log({"loss": 0.9})
    assert losses(tmp_path) == [(1, 0.9)]


def test_what_is_no_finite_number_is_left_out_and_its_epoch_is_not(tmp_path: Path) -> None:
    EpochLog(tmp_path).log(
        {"loss": float("nan"), "val_loss": float("inf"), "rate": 1, "text": "x", "none": None}
    )
    assert curve_in(tmp_path).epochs[0].metrics == {"rate": 1.0}


def test_a_file_without_an_epoch_holds_no_curve() -> None:
    for data in (b"", b"\n\n", b'{"runs":{"mlflow":"1"}}\n', b"\xff\xfe\n", b"[1]\n", b'{"epoch":1,"metr'):
        assert read_curve(data) is None


def test_a_folder_that_cannot_be_written_is_told_once_and_the_training_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    log = EpochLog(tmp_path / "file")
    for _ in range(3):
        log.log({"loss": 0.5})
    log.end()
    (tmp_path / "run" / NAME).mkdir(parents=True)
    other = EpochLog(tmp_path / "run")
    for _ in range(3):
        other.log({"loss": 0.5})
    assert [text.split(":")[0] for text in warnings_in(caplog)] == [
        "the epochs of this training are not kept",
        "the epochs of this training are not kept any more",
    ]


def test_a_mirror_that_cannot_be_reached_is_told_once_and_costs_nothing(
    tmp_path: Path, nobody: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{nobody}")
    monkeypatch.setenv("WANDB_MODE", "online")
    mirrors = [f"mlflow:http://ada:secret@127.0.0.1:{nobody}", "wandb:penguins"]
    with EpochLog(tmp_path, log_to=mirrors, patience=PATIENCE) as log:
        for _ in range(5):
            log.log({"loss": 0.5})
            log.end()  # so that each epoch is tried by itself
    assert len(losses(tmp_path)) == 5
    assert curve_in(tmp_path).runs == {}
    told = sorted(warnings_in(caplog))
    assert len(told) == 2
    for text, kind in zip(told, ("mlflow", "wandb"), strict=True):
        assert text.startswith(f"logging epochs to {kind} (")
        assert f"127.0.0.1:{nobody} cannot be reached (Connection refused)" in text
        assert "secret" not in text


def test_a_mirror_that_does_not_answer_is_waited_for_no_longer_than_was_said(
    tmp_path: Path, deaf: int, caplog: pytest.LogCaptureFixture
) -> None:
    with EpochLog(tmp_path, log_to=[f"mlflow:http://127.0.0.1:{deaf}"], patience=0.1) as log:
        log.log({"loss": 0.5})
    log.log({"loss": 0.25})
    log.end()
    assert losses(tmp_path) == [(1, 0.5), (2, 0.25)]
    [told] = warnings_in(caplog)
    assert "was given up: it took too long. The training goes on; its curve is kept" in told


def test_a_mirror_whose_client_is_not_installed_is_told_with_what_installs_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    monkeypatch.delitem(sys.modules, "tfx_hallmark.training_log.wandb_run", raising=False)
    with EpochLog(tmp_path, log_to=["wandb:penguins"], patience=PATIENCE) as log:
        log.log({"loss": 0.5})
    [told] = warnings_in(caplog)
    assert "pip install 'tfx-hallmark[wandb]'" in told
    assert losses(tmp_path) == [(1, 0.5)]


@pytest.mark.parametrize(
    ("log_to", "what"),
    [
        (["mlflow"], "log_to has 'mlflow', which names no mirror"),
        (["mlflow:"], "names no mirror"),
        (["neptune:x"], "names no mirror"),
        ([7], "log_to has 7, which names no mirror"),
        (["wandb:a", "wandb:b"], "log_to names two mirrors of the kind wandb"),
    ],
)
def test_a_text_that_names_no_mirror_is_refused_before_anything_is_trained(
    tmp_path: Path, log_to: list[str], what: str
) -> None:
    with pytest.raises(ConfigError, match=what) as caught:
        EpochLog(tmp_path / "run", log_to=log_to)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("task", "logs"),
    [
        ({"type": "chief", "index": 0}, True),
        ({"type": "worker", "index": 0}, False),
        ({"type": "evaluator", "index": 0}, False),
    ],
)
def test_of_several_workers_the_chief_alone_logs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    nobody: int,
    caplog: pytest.LogCaptureFixture,
    task: dict[str, object],
    logs: bool,
) -> None:
    cluster = {"chief": ["a:1"], "worker": ["b:1"]}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    with EpochLog(tmp_path, log_to=[f"mlflow:http://127.0.0.1:{nobody}"], patience=PATIENCE) as log:
        log.log({"loss": 0.5})
    assert (tmp_path / NAME).exists() == logs
    assert bool(warnings_in(caplog)) == logs  # that of the mirror, which only the chief tried to reach


def test_without_a_chief_the_first_worker_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in (1, 0):
        task = {"type": "worker", "index": index}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": task}))
        EpochLog(tmp_path / str(index)).log({"loss": 0.5})
    assert [path.parent.name for path in tmp_path.rglob(NAME)] == ["0"]


def test_the_environment_can_keep_a_training_from_all_mirrors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nobody: int, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HALLMARK_EPOCH_MIRRORS", "off")
    with EpochLog(tmp_path, log_to=[f"mlflow:http://127.0.0.1:{nobody}"], patience=PATIENCE) as log:
        log.log({"loss": 0.5})
    assert losses(tmp_path) == [(1, 0.5)]
    assert warnings_in(caplog) == []


def test_a_log_that_reaches_nobody_leaves_no_thread_behind(tmp_path: Path) -> None:
    before = threading.active_count()
    with EpochLog(tmp_path) as log:
        log.log({"loss": 0.5})
    assert threading.active_count() == before
