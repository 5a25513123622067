"""What waits for whom, and where a new destination begins."""

from collections.abc import Iterator

import msgspec

from tfx_hallmark.delivery.record import DeliveryRecord, read_record
from tfx_hallmark.registry.destinations import Destination, MirrorSettings
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.registry import Registry


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """How the deliveries of one model to one destination stand.

    Attributes:
        model: The model's name.
        destination: The destination.
        record: What was delivered, and the last attempts.
        newest: Position of the model's newest event.
    """

    model: str
    destination: Destination
    record: DeliveryRecord
    newest: int

    @property
    def waiting(self) -> int:
        """How many events wait; those that the destination does not want are among them until they are passed."""
        return max(self.newest - self.record.delivered, 0)

    @property
    def last_error(self) -> str:
        """Why the last attempt failed; empty if it did not, or there was none."""
        return self.record.attempts[-1].error if self.record.attempts else ""


def backlogs(registry: Registry, model: str) -> Iterator[Backlog]:
    """Yield how the deliveries of a model stand, a destination each.

    Args:
        registry: The registry.
        model: The model's name.

    Raises:
        CorruptLogError: If the log, the settings or a record is damaged.
    """
    destinations = [one for one in registry.settings.read().destinations if one.takes(model)]
    if not destinations:
        return
    storage, _ = registry.places(model)
    ledger = Ledger(storage, model)
    newest = ledger.refresh().seq
    for destination in destinations:
        record = read_record(storage, destination.name) or _begin(registry, ledger, destination)
        yield Backlog(model=model, destination=destination, record=record, newest=newest)


def _begin(registry: Registry, ledger: Ledger, destination: Destination) -> DeliveryRecord:
    if isinstance(destination, MirrorSettings):
        return DeliveryRecord()
    # Who is told of events is not told again of all that was before there was anyone to tell.
    since = next(
        change.time
        for change in registry.settings.changes()
        if destination.name in {one.name for one in change.settings.destinations}
    )
    before = next((event.seq for event in ledger.newest_first() if event.time < since), 0)
    return DeliveryRecord(delivered=before)
