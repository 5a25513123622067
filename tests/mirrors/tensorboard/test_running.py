"""What a started TensorBoard answers about the folder that a mirror wrote."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mirrors.tensorboard.running import running
from tests.mirrors.trained import train_three
from tfx_hallmark.mirrors.opening import open_mirror
from tfx_hallmark.registry.model import Model

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("fast", [True, False], ids=["data server", "Python"])
def test_a_started_tensorboard_shows_versions_and_what_moves_while_it_runs(
    model: Model, make_candidate: Callable[[int], Path], tmp_path: Path, fast: bool
) -> None:
    train_three(model, make_candidate)
    mirror = open_mirror(f"tensorboard:{tmp_path / 'board'}")
    mirror.bring(model, list(model.state.versions), told=print)
    runs = {"penguin", "penguin/1.0.0", "penguin/1.1.0", "penguin/1.2.0"}
    with running(tmp_path / "board", tmp_path, fast=fast) as board:
        # The last that a file says: what stands before it is read too.
        board.wait(
            lambda: all(board.text(f"penguin/{version}", "verdict") for version in model.state.versions)
        )
        board.wait(lambda: "1.2.0" in board.text("penguin", "versions"))
        assert set(board.get("runs")) == runs
        shown = board.get("plugins_listing")
        assert all(shown[plugin]["enabled"] for plugin in ("scalars", "timeseries", "hparams", "text"))
        points = board.get("plugin/scalars/scalars", run="penguin", tag="accuracy/island:Biscoe")
        assert [(step, round(value, 4)) for _, step, value in points] == [(1, 0.8), (2, 0.4), (3, 0.9)]
        losses = board.get("plugin/scalars/scalars", run="penguin/1.0.0", tag="training/loss")
        assert [step for _, step, _ in losses] == [1, 2, 3]
        assert "<td>refused</td>" in board.text("penguin", "versions")
        assert "better by more than 0</td>" in board.text("penguin/1.1.0", "verdict")

        experiment = board.post("plugin/hparams/experiment")
        differ = {one["name"] for one in experiment["hparamInfos"] if one["differs"]}
        assert differ == {"learning_rate"}
        asked = {"startIndex": 0, "sliceSize": 10, "allowedStatuses": ["STATUS_SUCCESS"]}
        order = [{"hparam": "learning_rate", "order": "ORDER_DESC"}]
        groups = board.post("plugin/hparams/session_groups", colParams=order, **asked)["sessionGroups"]
        assert [group["name"] for group in groups] == ["penguin@1.1.0", "penguin@1.2.0", "penguin@1.0.0"]
        values = {one["name"]["tag"]: round(one["value"], 4) for one in groups[0]["metricValues"]}
        assert values["accuracy"] == 0.6
        assert values["accuracy/island:Dream"] == 0.8
        assert values["training/loss"] == 0.25

        model.promote("1.2.0", "stable", reason="it beat what was stable")
        model.push_unchecked(make_candidate(2), "1.1.0", reason="asked for", label="canary")
        added = model.tag(make_candidate(4)).version
        mirror.bring(model, ["1.1.0", added], told=print)
        board.wait(lambda: "was published" in board.text("penguin/1.1.0", "verdict"))
        board.wait(lambda: added in board.text("penguin", "versions"))
        assert "<td>stable</td>" in board.text("penguin", "versions").split("1.1.0")[0]
        assert "was refused" not in board.text("penguin/1.1.0", "verdict")
        assert board.text("penguin", "versions").count("<table>") == 1
