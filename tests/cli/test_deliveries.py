"""`hallmark deliver`, `deliveries`, `config --deliveries` and what `doctor` says of a backlog."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMPONENTS
from tests.delivery.receiver import Receiver
from tfx_hallmark.delivery import detached
from tfx_hallmark.registry.model import Model


@pytest.fixture
def file(tmp_path: Path, receiver: Receiver) -> Path:
    """A file that names the receiver as the webhook `ci`."""
    path = tmp_path / "deliveries.yaml"
    path.write_text(f"webhooks:\n  - {{name: ci, url: '{receiver.url}'}}\n")
    return path


@pytest.fixture
def operate(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a command; what it starts in the background has ended afterwards."""
    monkeypatch.setenv("PYTHONPATH", str(COMPONENTS))

    def runs(*arguments: object) -> Any:
        done = run(*arguments)
        while detached.started:
            detached.started.pop().wait(60)
        return done

    return runs


@pytest.fixture
def configured(operate: Callable[..., Any], file: Path, three: list[str]) -> Callable[..., Any]:
    """A registry whose events go to the receiver from now on."""
    assert operate("config", "--deliveries", file, "--reason", "tell ci").exit_code == 0
    return operate


def test_after_a_command_the_event_arrives_by_itself(
    configured: Callable[..., Any], receiver: Receiver, root: Path
) -> None:
    assert configured("annotate", "penguin@1.0.1", "--description", "shy").exit_code == 0
    assert [body["data"]["kind"] for body in receiver.taken] == ["annotated"]
    assert "events 7 to 7 delivered" in (root / ".hallmark/penguin/deliveries.log").read_text()


def test_what_is_delivered_in_the_background_yields_to_all_else(
    run: Callable[..., Any], file: Path, three: list[str], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(COMPONENTS))
    run("config", "--deliveries", file, "--reason", "tell ci")
    receiver.gate.clear()
    run("annotate", "penguin@1.0.1", "--description", "shy")
    assert receiver.arrived.acquire(timeout=60)
    process = next(one for one in detached.started if one.poll() is None)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    receiver.gate.set()
    while detached.started:
        detached.started.pop().wait(60)


def test_an_operation_is_done_at_once_though_the_receiver_is_away_and_doctor_shows_the_backlog(
    configured: Callable[..., Any], receiver: Receiver, model: Model
) -> None:
    receiver.failing += [410]  # there is no use in trying again
    assert configured("rollback", "penguin", "--reason", "too slow").exit_code == 0
    assert model.state.stable is not None
    assert model.state.stable.version == "1.0.1"
    told = configured("doctor")
    assert told.exit_code == 1
    assert "delivery-backlog" in told.stdout
    assert "1 event of penguin waits for the webhook ci: 1 attempt failed" in told.stdout
    assert "hallmark deliver penguin --destination ci" in told.stdout
    mended = configured("doctor", "--fix")
    assert "deliver them to ci" in mended.stdout
    assert mended.exit_code == 0
    assert [body["data"]["kind"] for body in receiver.taken] == ["rolled_back"]


def test_the_history_of_deliveries_is_told(configured: Callable[..., Any], receiver: Receiver) -> None:
    receiver.failing += [500]
    configured("hold", "penguin@1.0.1", "--reason", "an audit")
    told = configured("deliveries").stdout
    assert "all delivered" in told
    assert "500" in told
    (one,) = json.loads(configured("deliveries", "penguin", "--json").stdout)["destinations"]
    assert (one["kind"], one["to"], one["delivered"], one["waiting"]) == ("webhook", receiver.url, 7, 0)
    assert [each["outcome"] for each in one["attempts"]] == ["delivered", "failed"]
    assert (
        json.loads(configured("deliveries", "--destination", "none", "--json").stdout)["destinations"] == []
    )


def test_deliver_exits_with_1_while_something_waits(
    configured: Callable[..., Any], receiver: Receiver
) -> None:
    receiver.failing += [410] * 2
    configured("hold", "penguin@1.0.1", "--reason", "an audit")
    failed = configured("deliver", "penguin", "--attempts", "1")
    assert failed.exit_code == 1
    assert "ci: events 7 to 7" in failed.stderr
    assert "1 waiting" in failed.stdout
    assert configured("deliver", "--dry-run").exit_code == 0
    assert receiver.taken == []
    assert configured("deliver", "--json").exit_code == 0
    assert len(receiver.taken) == 1


def test_skip_gives_up_one_event(configured: Callable[..., Any], receiver: Receiver) -> None:
    receiver.failing += [410]
    configured("hold", "penguin@1.0.1", "--reason", "an audit")
    done = configured("deliver", "penguin", "--destination", "ci", "--skip")
    assert done.exit_code == 0
    assert "skipped" in configured("deliveries").stdout
    assert receiver.taken == []
    again = configured("deliver", "penguin", "--destination", "ci", "--skip")
    assert (again.exit_code, again.stderr) == (1, "hallmark: nothing of penguin waits for ci\n")


def test_config_shows_where_events_go_and_takes_them_away(
    configured: Callable[..., Any], receiver: Receiver, tmp_path: Path
) -> None:
    assert "deliveries: " in configured("config").stdout
    assert "ci (webhook)" in configured("config").stdout
    (one,) = json.loads(configured("config", "--json").stdout)["settings"]["deliveries"]
    assert one == {"name": "ci", "kind": "webhook", "to": receiver.url, "models": [], "kinds": []}
    (tmp_path / "none.yaml").write_text("")
    assert configured("config", "--deliveries", tmp_path / "none.yaml", "--reason", "over").exit_code == 0
    assert "no events go anywhere" in configured("deliveries").stdout
    configured("hold", "penguin@1.0.1", "--reason", "an audit")
    assert receiver.seen == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("webhooks: [", "is no YAML"),
        ("hooks: []", "cannot be used: Object contains unknown field `hooks`"),
        ("webhooks: [{name: ci}]", "missing required field `url`"),
        ("webhooks: [{name: ci, url: 7}]", "Expected `str`, got `int`"),
        ("webhooks: [{name: ci, url: 'http://u:geheim@h/'}]", "holds a password or a token"),
        ("mirrors: [{name: m, to: 'comet:there'}]", "names no mirror"),
        ("- 1", "cannot be used"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_changes_nothing(
    operate: Callable[..., Any], three: list[str], tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "wrong.yaml").write_text(text)
    done = operate("config", "--deliveries", tmp_path / "wrong.yaml", "--reason", "a test")
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "geheim" not in done.stderr
    assert json.loads(operate("config", "--json").stdout)["changes"] == []


def test_a_damaged_record_is_found_and_named(configured: Callable[..., Any], root: Path) -> None:
    configured("hold", "penguin@1.0.1", "--reason", "an audit")
    (root / ".hallmark/penguin/deliveries/ci.json").write_text("{")
    told = configured("doctor")
    assert "delivery-record-damaged" in told.stdout
    assert configured("deliver").exit_code == 1
