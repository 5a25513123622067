"""From what is known of deliveries to what commands and pages answer, and what `hallmark doctor` finds."""

from collections.abc import Iterable, Iterator
from functools import partial

from tfx_hallmark.answers.deliveries import AttemptTold, DestinationTold, kind_of, place_of
from tfx_hallmark.answers.text import counted, minute
from tfx_hallmark.delivery.backlog import Backlog, backlogs
from tfx_hallmark.delivery.delivering import Deliverer
from tfx_hallmark.delivery.patience import Patience
from tfx_hallmark.delivery.record import Attempt
from tfx_hallmark.registry.errors import CorruptLogError, DeliveryError
from tfx_hallmark.registry.examining.fault import Cure, Fault
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.registry import Registry


def told(standing: Iterable[Backlog], *, attempts: int | None = None) -> list[DestinationTold]:
    """Tell how deliveries stand.

    Args:
        standing: What is known of each destination.
        attempts: How many attempts to tell of each; None for all that are kept.
    """
    return [
        DestinationTold(
            model=one.model,
            destination=one.destination.name,
            kind=kind_of(one.destination),
            to=place_of(one.destination),
            delivered=one.record.delivered,
            waiting=one.waiting,
            failures=one.record.failures,
            attempts=[_attempt(each) for each in reversed(one.record.attempts)][:attempts],
        )
        for one in standing
    ]


def delivery_faults(registry: Registry, model: str) -> Iterator[Fault]:
    """Yield what waits for a destination that could not be reached, or that nothing was sent to.

    Args:
        registry: The registry.
        model: The model's name.
    """
    try:
        standing = [*backlogs(registry, model)]
    except CorruptLogError as error:
        repair = f"delete that file, then: hallmark deliver {model}"
        yield Fault(finding=_finding("delivery-record-damaged", model, str(error), repair))
        return
    for one in standing:
        if not one.waiting:
            continue
        name = one.destination.name
        waits = "waits" if one.waiting == 1 else "wait"
        why = "nothing was sent yet"
        if one.record.failures:
            last = one.record.attempts[-1]
            why = f"{counted(one.record.failures, 'attempt')} failed, the last {minute(last.time)}: {last.error}"
        yield Fault(
            finding=_finding(
                "delivery-backlog",
                f"{model} to {name}",
                f"{counted(one.waiting, 'event')} of {model} {waits} for the {kind_of(one.destination)} {name}: {why}",
                f"hallmark deliver {model} --destination {name}",
            ),
            cure=Cure(f"deliver them to {name}", partial(_deliver_once, registry, model, name)),
        )


def _finding(code: str, where: str, what: str, repair: str) -> Finding:
    return Finding(code=code, where=where, what=what, repair=repair)


def _deliver_once(registry: Registry, model: str, name: str) -> None:
    once = Patience(attempts=1)
    (standing,) = Deliverer(registry, model, patience=once, only=name, told=_silent).run().backlogs
    if standing.waiting:
        raise DeliveryError(standing.last_error or "another process is delivering")


def _silent(_: str) -> None:
    pass


def _attempt(attempt: Attempt) -> AttemptTold:
    outcome = "failed" if attempt.error else "skipped" if attempt.skipped else "delivered"
    return AttemptTold(
        time=attempt.time,
        first=attempt.first,
        last=attempt.last,
        seconds=attempt.seconds,
        outcome=outcome,
        error=attempt.error,
    )
