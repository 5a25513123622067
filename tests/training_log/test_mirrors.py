"""What a training leaves in MLflow and in Weights & Biases; TensorBoard's is in tests/tfx, for it loads TensorFlow."""

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.training_log.test_epoch_log import PATIENCE, curve_in
from tfx_hallmark.training_log import EpochLog


@pytest.fixture
def mlflow(tmp_path: Path) -> Any:
    """A client of a new local store, `tracking_uri` says where."""
    client = pytest.importorskip("mlflow").MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    client.search_experiments()  # makes the database, which takes longest
    return client


def steps(client: Any, run: str, metric: str) -> list[tuple[int, float]]:
    return [(one.step, one.value) for one in client.get_metric_history(run, metric)]


def test_in_mlflow_a_training_is_a_run_with_a_step_for_each_epoch(mlflow: Any, tmp_path: Path) -> None:
    folder, target = tmp_path / "model_run", f"mlflow:{mlflow.tracking_uri}"
    with EpochLog(folder, log_to=[target], name="penguin", patience=PATIENCE) as log:
        for loss in (0.5, 0.25, 0.125):
            log.log({"loss": loss, "val_loss": 2 * loss})
    run = mlflow.get_run(curve_in(folder).runs["mlflow"])
    assert run.info.status == "FINISHED"
    assert mlflow.get_experiment(run.info.experiment_id).name == "penguin"
    assert run.data.tags["hallmark.model_run"] == str(folder)
    assert steps(mlflow, run.info.run_id, "loss") == [(1, 0.5), (2, 0.25), (3, 0.125)]
    assert steps(mlflow, run.info.run_id, "val_loss") == [(1, 1.0), (2, 0.5), (3, 0.25)]

    # A second phase of the same training goes on in the same run; a training that fails is told as such.
    with contextlib.suppress(ZeroDivisionError), log:
        log.log({"loss": 1 / 16})
        _ = 1 / 0
    assert steps(mlflow, run.info.run_id, "loss")[3:] == [(4, 1 / 16)]
    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"

    # Another training of the same name is another run of the same experiment.
    with EpochLog(tmp_path / "other", log_to=[target], name="penguin", patience=PATIENCE) as log:
        log.log({"loss": 0.5})
    other = mlflow.get_run(curve_in(tmp_path / "other").runs["mlflow"])
    assert other.info.run_id != run.info.run_id
    assert other.info.experiment_id == run.info.experiment_id


def test_in_weights_and_biases_a_training_is_a_run_that_can_be_sent_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    own = wandb.run
    with EpochLog(
        tmp_path / "run", log_to=["wandb:birds/penguins"], name="penguin", patience=PATIENCE
    ) as log:
        log.log({"loss": 0.5})
        log.log({"loss": 0.25})
    assert wandb.run is own
    wandb.teardown()  # ends the client's own process, which writes the file
    run = curve_in(tmp_path / "run").runs["wandb"]
    [folder] = (tmp_path / "wandb").glob("offline-run-*")
    assert folder.name.endswith(f"-{run}")
    rows = history((folder / f"run-{run}.wandb").read_bytes())
    assert rows == [{"_step": 1, "loss": 0.5}, {"_step": 2, "loss": 0.25}]


def history(data: bytes) -> list[dict[str, float]]:
    """Gives the rows in what a client offline keeps for `wandb sync`: LevelDB's log format, here of a single block."""
    from wandb.proto.wandb_internal_pb2 import Record

    rows, place = [], 7  # after the file's own header
    while place + 7 <= len(data):
        length, kind = struct.unpack_from("<HB", data, place + 4)
        assert kind == 1, "a record in parts"
        record = Record.FromString(data[place + 7 : place + 7 + length])
        place += 7 + length
        if record.WhichOneof("record_type") == "history":
            items = {
                item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item
            }
            rows.append({key: items[key] for key in ("_step", "loss")})
    return rows
