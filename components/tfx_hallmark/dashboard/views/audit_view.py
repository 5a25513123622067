"""What the audit page shows."""

import msgspec

from tfx_hallmark.answers.history import KINDS
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.dashboard.views.audit_events import AuditEvents, audit_events
from tfx_hallmark.dashboard.views.audit_filter import AuditFilter
from tfx_hallmark.registry.errors import HallmarkError

SIZE = 50


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """What checking one model's log found.

    Attributes:
        model: The model's name.
        events: How many events are whole and in order.
        seal: The seal of the last one; note it elsewhere to know later that nothing was cut off.
        problem: What is wrong, in a line; empty for nothing.
    """

    model: str
    events: int
    seal: str
    problem: str


class AuditView(msgspec.Struct, frozen=True, kw_only=True):
    """The log of all models.

    Attributes:
        wanted: What the reader asked for.
        page: The events.
        models: The names of all models.
        kinds: Every kind of event.
        chains: What checking found; None if it was not asked for.
    """

    wanted: AuditFilter
    page: AuditEvents
    models: list[str]
    kinds: tuple[str, ...]
    chains: list[Chain] | None


def audit_view(source: Source, wanted: AuditFilter, *, check: bool) -> AuditView:
    """Collect what the page shows.

    Args:
        source: The registry.
        wanted: Which events.
        check: Whether to read the log of each model from its first event and check its chain.
    """
    names = source.names()
    checked = [name for name in names if wanted.model in ("", name)]
    return AuditView(
        wanted=wanted,
        page=audit_events(source, wanted, size=SIZE),
        models=names,
        kinds=KINDS,
        chains=[_chain(source, name) for name in checked] if check else None,
    )


def _chain(source: Source, name: str) -> Chain:
    count = 0
    try:
        with source.model(name) as model:
            for _ in model.events():
                count += 1
            return Chain(model=name, events=count, seal=model.state.seal, problem="")
    except HallmarkError as error:
        return Chain(model=name, events=count, seal="", problem=str(error))
