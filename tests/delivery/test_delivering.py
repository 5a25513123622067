"""Every event reaches every destination, in order and at least once, whatever fails in between."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.delivery.receiver import Receiver
from tests.registry.root_settings import set_in
from tfx_hallmark.delivery.backlog import Backlog, backlogs
from tfx_hallmark.delivery.delivering import Deliverer
from tfx_hallmark.delivery.patience import Patience
from tfx_hallmark.registry.destinations import Destinations, MirrorSettings, WebhookSettings
from tfx_hallmark.registry.errors import ConfigError, NotFoundError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Deliver = Callable[..., Deliverer]


def waiting(root: Path) -> dict[str, int]:
    return {one.destination.name: one.waiting for one in backlogs(Registry.open(root), "penguin")}


def test_every_event_arrives_once_and_in_order(
    hooked: Path, receiver: Receiver, deliverer: Deliver, model: Model, three: list[str]
) -> None:
    assert waiting(hooked) == {"ci": 6}
    deliverer().run()
    assert receiver.sequence() == [1, 2, 3, 4, 5, 6]
    assert waiting(hooked) == {"ci": 0}
    deliverer().run()
    assert receiver.sequence() == [1, 2, 3, 4, 5, 6]


def test_what_fails_first_comes_again_and_nothing_overtakes_it(
    hooked: Path, receiver: Receiver, deliverer: Deliver, three: list[str]
) -> None:
    receiver.failing += [500, "reset", 503, 204, 204, "reset"]
    deliverer().run()
    assert receiver.sequence() == [1, 2, 3, 4, 5, 6]
    assert len(receiver.seen) == 6 + 4


@given(faults=st.lists(st.sampled_from([204, 204, 204, 500, 502, 429, "reset"]), max_size=25))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_the_receiver_does_each_event_arrives_in_order(
    faults: list[int | str],
    tmp_path_factory: pytest.TempPathFactory,
    receiver: Receiver,
    three: list[str],
    root: Path,
    deliverer: Deliver,
) -> None:
    name = f"hook-{tmp_path_factory.mktemp('unique').name[-6:].strip('-_')}"
    set_in(root, destinations=Destinations(webhooks=(WebhookSettings(name="before", url=receiver.url),)))
    # A destination of its own for every example, and from the first event on.
    (root / ".hallmark/penguin/deliveries").mkdir(exist_ok=True)
    (root / f".hallmark/penguin/deliveries/{name}.json").write_text('{"delivered":0}')
    set_in(root, destinations=Destinations(webhooks=(WebhookSettings(name=name, url=receiver.url),)))
    receiver.taken.clear()
    receiver.failing.clear()
    receiver.failing += faults
    while waiting(root)[name]:
        deliverer(attempts=3).run()
    assert receiver.sequence() == [1, 2, 3, 4, 5, 6]


def test_after_the_last_attempt_it_is_left_for_the_next_time(
    hooked: Path, receiver: Receiver, deliverer: Deliver, three: list[str]
) -> None:
    receiver.failing += [204, *[500] * 3]
    (standing,) = deliverer(attempts=3).run().backlogs
    assert (standing.waiting, standing.record.delivered, standing.record.failures) == (5, 1, 3)
    assert "500" in standing.last_error
    assert receiver.sequence() == [1]
    deliverer().run()
    assert receiver.sequence() == [1, 2, 3, 4, 5, 6]
    (after,) = deliverer().run().backlogs
    assert after.record.failures == 0
    assert [bool(one.error) for one in after.record.attempts] == [False, True, True, True, *[False] * 5]


def test_nobody_is_told_what_was_before_there_was_anyone_to_tell(
    receiver: Receiver, root: Path, deliverer: Deliver, three: list[str], publish: Callable[..., str]
) -> None:
    hook = WebhookSettings(name="ci", url=receiver.url)
    set_in(root, destinations=Destinations(webhooks=(hook,)))
    assert waiting(root) == {"ci": 0}
    publish(4)
    deliverer().run()
    assert receiver.sequence() == [7, 8]


def test_a_mirror_begins_with_the_first_event(root: Path, three: list[str]) -> None:
    set_in(
        root, destinations=Destinations(mirrors=(MirrorSettings(name="board", to="tensorboard:/nowhere"),))
    )
    assert waiting(root) == {"board": 6}


def test_only_the_wanted_kinds_and_models_are_sent(
    receiver: Receiver, root: Path, deliverer: Deliver, publish: Callable[..., str]
) -> None:
    set_in(
        root,
        destinations=Destinations(
            webhooks=(
                WebhookSettings(name="releases", url=receiver.url, kinds=("published",)),
                WebhookSettings(name="others", url=receiver.url, models=("flower",)),
            )
        ),
    )
    publish(1)
    publish(2)
    deliverer().run()
    assert receiver.sequence() == [2, 4]
    assert waiting(root) == {"releases": 0}


def test_kinds_that_nobody_wants_leave_no_trace_in_the_history(
    receiver: Receiver, root: Path, deliverer: Deliver, publish: Callable[..., str]
) -> None:
    hook = WebhookSettings(name="alarms", url=receiver.url, kinds=("quarantined",))
    set_in(root, destinations=Destinations(webhooks=(hook,)))
    publish(1)
    (standing,) = deliverer().run().backlogs
    assert (standing.waiting, standing.record.attempts, receiver.seen) == (0, (), [])


def test_one_that_is_away_holds_up_no_other(
    receiver: Receiver, root: Path, unused_port: int, publish: Callable[..., str]
) -> None:
    away = WebhookSettings(name="away", url=f"http://127.0.0.1:{unused_port}/")
    there = WebhookSettings(name="there", url=receiver.url)
    set_in(root, destinations=Destinations(webhooks=(away, there)))
    publish(1)
    lines: list[str] = []
    patience = Patience(attempts=2, first=0.001)
    Deliverer(Registry.open(root), "penguin", patience=patience, told=lines.append).run()
    assert [line.split(":")[0] for line in lines] == ["away", "there", "there", "away"]
    assert receiver.sequence() == [1, 2]
    assert waiting(root) == {"away": 2, "there": 0}


def test_what_is_committed_while_the_lock_is_given_back_is_not_forgotten(
    hooked: Path, receiver: Receiver, publish: Callable[..., str]
) -> None:
    class Interrupted(Deliverer):
        looks = 0

        def standing(self) -> tuple[Backlog, ...]:
            self.looks += 1
            if (
                self.looks == 2
            ):  # after the lock was given back; whoever tried it before has left it to this one
                publish(1)
            return super().standing()

    Interrupted(Registry.open(hooked), "penguin", patience=Patience(), told=lambda _: None).run()
    assert receiver.sequence() == [1, 2]


def test_of_two_deliveries_at_once_one_does_it_all(
    hooked: Path, receiver: Receiver, deliverer: Deliver, three: list[str], publish: Callable[..., str]
) -> None:
    receiver.gate.clear()
    script = (
        "import sys; from pathlib import Path\n"
        "from tfx_hallmark.delivery.delivering import Deliverer\n"
        "from tfx_hallmark.delivery.patience import Patience\n"
        "from tfx_hallmark.registry.registry import Registry\n"
        "run = Deliverer(Registry.open(sys.argv[1]), 'penguin', patience=Patience(), told=lambda _: None).run()\n"
        "print(run.elsewhere, run.backlogs[0].waiting)"
    )
    first = subprocess.Popen([sys.executable, "-c", script, str(hooked)], stdout=subprocess.PIPE, text=True)
    assert receiver.arrived.acquire(timeout=60)
    # While it is held up in the middle, somebody commits, and leaves the delivery to it.
    publish(4)
    assert deliverer().run().elsewhere
    receiver.gate.set()
    assert first.communicate(timeout=60)[0].split() == ["False", "0"]
    assert receiver.sequence() == [1, 2, 3, 4, 5, 6, 7, 8]


def test_one_killed_in_the_middle_loses_nothing(
    hooked: Path, receiver: Receiver, deliverer: Deliver, three: list[str]
) -> None:
    receiver.gate.clear()
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "deliver", "penguin", "--root", str(hooked)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert receiver.arrived.acquire(timeout=60)
    process.kill()
    process.wait(60)
    receiver.gate.set()
    deliverer().run()
    once = list(dict.fromkeys(receiver.sequence()))
    assert once == [1, 2, 3, 4, 5, 6]
    ids = [json.loads(body)["id"] for _, body in receiver.seen]
    assert ids[0] == ids[1]  # by which a receiver knows that it has it


def test_an_event_that_is_never_taken_can_be_given_up(
    hooked: Path, receiver: Receiver, deliverer: Deliver, three: list[str]
) -> None:
    receiver.failing += [204, 500]
    deliverer(attempts=1).run()
    assert waiting(hooked) == {"ci": 5}
    after = deliverer(only="ci").skip()
    assert (after.record.delivered, after.record.attempts[-1].skipped) == (2, True)
    deliverer().run()
    assert receiver.sequence() == [1, 3, 4, 5, 6]
    with pytest.raises(NotFoundError, match="nothing of penguin waits for ci"):
        deliverer(only="ci").skip()


def test_what_is_given_up_is_the_event_that_is_wanted_and_not_one_that_nobody_waits_for(
    receiver: Receiver, root: Path, deliverer: Deliver, publish: Callable[..., str]
) -> None:
    hook = WebhookSettings(name="releases", url=receiver.url, kinds=("published",))
    set_in(root, destinations=Destinations(webhooks=(hook,)))
    publish(1)  # tagged, which is not wanted, then published
    receiver.failing += [500]
    deliverer(attempts=1).run()
    assert deliverer(only="releases").skip().record.delivered == 2
    assert waiting(root) == {"releases": 0}


def test_a_mirror_has_no_event_to_be_given_up(root: Path, deliverer: Deliver, three: list[str]) -> None:
    set_in(
        root, destinations=Destinations(mirrors=(MirrorSettings(name="board", to="tensorboard:/nowhere"),))
    )
    with pytest.raises(ConfigError, match="board is a mirror"):
        deliverer(only="board").skip()
    assert waiting(root) == {"board": 6}


def test_a_long_backlog_is_read_once(hooked: Path, receiver: Receiver, three: list[str]) -> None:
    class Counting(Deliverer):
        reads = 0

        def events_after(self, seq: int) -> Sequence[tuple[Event, str]]:
            self.reads += 1
            return super().events_after(seq)

    counting = Counting(Registry.open(hooked), "penguin", patience=Patience(), told=lambda _: None)
    counting.run()
    assert receiver.sequence() == [1, 2, 3, 4, 5, 6]
    assert counting.reads == 2  # the backlog, and a look whether more has come


def test_a_destination_that_is_not_there_is_named(hooked: Path, deliverer: Deliver, three: list[str]) -> None:
    with pytest.raises(NotFoundError, match="'cj'"):
        deliverer(only="cj").run()
