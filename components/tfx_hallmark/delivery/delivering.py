"""Brings the events of a model to its destinations: each in order, at least once, none held up by another."""

import time
from collections.abc import Callable, Sequence

import msgspec

from tfx_hallmark.delivery.backlog import Backlog, backlogs
from tfx_hallmark.delivery.lock import alone
from tfx_hallmark.delivery.outlet import Outlet, Sealed, open_outlet
from tfx_hallmark.delivery.patience import Patience
from tfx_hallmark.delivery.record import Attempt, DeliveryRecord, write_record
from tfx_hallmark.registry.destinations import ChannelSettings
from tfx_hallmark.registry.errors import ConfigError, DeliveryError, HallmarkError, NotFoundError
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.redaction import redacted
from tfx_hallmark.registry.registry import Registry

Told = Callable[[str], object]
_LOOK = 1.0  # seconds


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of delivering.

    Attributes:
        backlogs: How every destination stands now.
        elsewhere: Whether another process was at it, so that nothing was done.
    """

    backlogs: tuple[Backlog, ...]
    elsewhere: bool = False


class Deliverer:
    """Delivers the events of one model.

    Args:
        registry: The registry.
        model: The model's name.
        patience: How often a destination is tried.
        only: The name of the only destination to deliver to; None for all.
        told: Told what is being done, a line each.
    """

    def __init__(
        self, registry: Registry, model: str, *, patience: Patience, only: str | None = None, told: Told
    ) -> None:
        self._registry = registry
        self._storage, _ = registry.places(model)
        self._model = registry.look_at(model)
        self._patience = patience
        self._only = only
        self._told = told

    def run(self) -> Delivered:
        """Deliver what waits; try again, with pauses, what does not arrive.

        Returns:
            How every destination stands after that.

        Raises:
            NotFoundError: If there is no destination of the name that was asked for.
            CorruptLogError: If the log or a record is damaged.
            StorageError: If what was delivered cannot be noted.
        """
        while True:
            with alone(self._storage) as mine:
                if not mine:
                    return Delivered(backlogs=self.standing(), elsewhere=True)
                runs = [_Run(self, one) for one in self.standing()]
                self._deliver(runs)
            # Whoever committed while the lock was held has left the delivery to its holder.
            standing = self.standing()
            given_up = {run.name for run in runs if run.given_up}
            if not any(one.waiting and one.destination.name not in given_up for one in standing):
                return Delivered(backlogs=standing)

    def standing(self) -> tuple[Backlog, ...]:
        """Return how every destination stands; nothing is delivered.

        Raises:
            NotFoundError: If there is no destination of the name that was asked for.
            CorruptLogError: If the log or a record is damaged.
        """
        found = tuple(
            one
            for one in backlogs(self._registry, self._model.name)
            if self._only in (None, one.destination.name)
        )
        if self._only is not None and not found:
            msg = f"no events of {self._model.name} go to a destination called {self._only!r}: see 'hallmark config'"
            raise NotFoundError(msg)
        return found

    def skip(self) -> Backlog:
        """Give up the event that waits first for the webhook or people that were asked for, and note that.

        Raises:
            NotFoundError: If there is no such destination, or nothing that it wants waits for it.
            ConfigError: If a delivery is under way, or the destination is a mirror.
        """
        with alone(self._storage) as mine:
            if not mine:
                msg = f"a delivery of {self._model.name} is under way: try again when it has ended"
                raise ConfigError(msg)
            (standing,) = self.standing()
            destination = standing.destination
            if not isinstance(destination, ChannelSettings):
                msg = f"{destination.name} is a mirror, which gets what is true now: there is no event to give up"
                raise ConfigError(msg)
            waiting = self.events_after(standing.record.delivered)
            seq = next((event.seq for event, _ in waiting if destination.wants(event.kind)), None)
            if seq is None:
                msg = f"nothing of {self._model.name} waits for {destination.name}"
                raise NotFoundError(msg)
            attempt = Attempt(time=utc_now(), first=seq, last=seq, seconds=0.0, skipped=True)
            self.note(destination.name, standing.record.after(attempt))
        return self.standing()[0]

    def note(self, destination: str, record: DeliveryRecord) -> None:
        """Keep what became of an attempt."""
        write_record(self._storage, destination, record)

    def open(self, backlog: Backlog) -> Outlet:
        """Return the way to a destination."""
        return open_outlet(backlog.destination, told=self._told)

    def events_after(self, seq: int) -> Sequence[Sealed]:
        """Return the events after a position."""
        return list(self._model.sealed_events(after=seq))

    def send(self, outlet: Outlet, events: Sequence[Sealed]) -> bool:
        """Bring events to a destination; return whether it wants any of them."""
        return outlet.deliver(self._model, events)

    def pause_after(self, failures: int, error: HallmarkError) -> float | None:
        """Return the seconds to wait after a failure; None if it is not to be tried again now."""
        if failures >= self._patience.attempts or (isinstance(error, DeliveryError) and error.lasting):
            return None
        asked = error.retry_after if isinstance(error, DeliveryError) else None
        return self._patience.pause(failures, asked=asked)

    def say(self, line: str) -> None:
        """Tell what is being done."""
        self._told(line)

    def _deliver(self, runs: list["_Run"]) -> None:
        while True:
            for run in runs:
                run.go_on()
            dues = [run.due for run in runs if run.due is not None]
            if not dues:
                return
            # No longer than a look at the log is worth: what others are waiting for may have come.
            time.sleep(min(max(min(dues) - time.monotonic(), 0.0), _LOOK))


class _Run:
    """The deliveries to one destination, as long as this process is at it.

    Attributes:
        name: The destination's name.
        due: When it is to be tried again; None if nothing has failed, or it is given up.
        given_up: Whether it is left for the next time.
    """

    def __init__(self, deliverer: Deliverer, standing: Backlog) -> None:
        self._deliverer = deliverer
        self._standing = standing
        self._record = standing.record
        self._outlet: Outlet | None = None
        self._tries = 0
        self.name = standing.destination.name
        self.due: float | None = None
        self.given_up = False

    def go_on(self) -> None:
        """Deliver until nothing waits, or something fails; then say when to go on."""
        if self.given_up or (self.due is not None and self.due > time.monotonic()):
            return
        while waiting := self._deliverer.events_after(self._record.delivered):
            # What was read is worked off before the log is read again: a long backlog is read once.
            while waiting:
                error = self._try(waiting)
                if error is not None:
                    self._failed(error)
                    return
                self._tries = 0
                waiting = waiting[self._record.delivered - waiting[0][0].seq + 1 :]
        self.due = None

    def _failed(self, error: HallmarkError) -> None:
        self._tries += 1
        pause = self._deliverer.pause_after(self._tries, error)
        self.given_up = pause is None
        self.due = None if pause is None else time.monotonic() + pause

    def _try(self, waiting: Sequence[Sealed]) -> HallmarkError | None:
        began, moment = time.monotonic(), utc_now()
        first, last, failed = waiting[0][0].seq, waiting[-1][0].seq, None
        sent = True
        try:
            self._outlet = self._outlet or self._deliverer.open(self._standing)
            events = self._outlet.split(waiting)
            last = events[-1][0].seq
            sent = self._deliverer.send(self._outlet, events)
        except HallmarkError as error:
            failed = error
        attempt = Attempt(
            time=moment,
            first=first,
            last=last,
            seconds=round(time.monotonic() - began, 3),
            error="" if failed is None else _line(failed),
        )
        self._record = self._record.after(attempt) if sent else self._record.passed(last)
        self._deliverer.note(self.name, self._record)
        if sent:
            self._deliverer.say(f"{self.name}: events {first} to {last} {attempt.error or 'delivered'}")
        return failed


def _line(error: HallmarkError) -> str:
    # It is kept, and read by everybody who can read the registry.
    return redacted(" ".join(str(error).split())) or type(error).__name__
