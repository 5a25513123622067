"""What the components commit goes on to mirrors, webhooks and people, and never in the way of the run."""

from collections.abc import Callable

import pytest

from tests.delivery.receiver import Receiver
from tests.registry.root_settings import set_in
from tests.tfx.workbench import Bench, Candidate
from tfx_hallmark.delivery import detached
from tfx_hallmark.registry.destinations import Destinations, WebhookSettings


@pytest.fixture
def told(
    evaluated: Callable[[int, int], tuple[Bench, Candidate]], receiver: Receiver
) -> tuple[Bench, Candidate]:
    """A bench whose events go to the receiver, and a candidate that beats what is stable there."""
    bench, candidate = evaluated(10, 10)
    set_in(bench.root, destinations=Destinations(webhooks=(WebhookSettings(name="ci", url=receiver.url),)))
    return bench, candidate


def all_delivered() -> None:
    while detached.started:
        detached.started.pop().wait(120)


def test_what_is_tagged_and_what_is_pushed_arrives(told: tuple[Bench, Candidate], receiver: Receiver) -> None:
    bench, candidate = told
    bench.push(candidate)
    all_delivered()
    bench.tag(bench.train(10, 10, seed=7))
    all_delivered()
    assert [body["data"]["kind"] for body in receiver.taken] == ["published", "tagged"]


def test_a_receiver_that_never_answers_keeps_no_push_waiting_and_gets_it_later(
    told: tuple[Bench, Candidate], receiver: Receiver
) -> None:
    bench, candidate = told
    receiver.gate.clear()
    pushed = bench.push(candidate)  # returns while the request is still without an answer
    assert pushed.get_int_custom_property("pushed") == 1
    assert receiver.arrived.acquire(timeout=120)
    assert receiver.taken == []
    receiver.gate.set()
    all_delivered()
    assert [body["data"]["kind"] for body in receiver.taken] == ["published"]
