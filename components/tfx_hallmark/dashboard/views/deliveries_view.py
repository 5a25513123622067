"""What the page of deliveries shows."""

import msgspec

from tfx_hallmark.answers.deliveries import DestinationTold
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.delivery.backlog import backlogs
from tfx_hallmark.delivery.telling import told
from tfx_hallmark.registry.errors import HallmarkError

ATTEMPTS = 10  # of each destination


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A model whose deliveries cannot be told.

    Attributes:
        name: Its name.
        problem: Why, in a line.
    """

    name: str
    problem: str


class DeliveriesView(msgspec.Struct, frozen=True, kw_only=True):
    """How the deliveries of all models stand.

    Attributes:
        destinations: By model, each with its last attempts.
        unreadable: The models whose records are damaged.
    """

    destinations: list[DestinationTold]
    unreadable: list[Unreadable]


def deliveries_view(source: Source) -> DeliveriesView:
    """Collect what the page shows.

    Args:
        source: The registry.
    """
    destinations: list[DestinationTold] = []
    unreadable: list[Unreadable] = []
    for name in source.names():
        try:
            destinations += told(backlogs(source.registry, name), attempts=ATTEMPTS)
        except HallmarkError as error:
            unreadable.append(Unreadable(name=name, problem=str(error)))
    return DeliveriesView(destinations=destinations, unreadable=unreadable)
