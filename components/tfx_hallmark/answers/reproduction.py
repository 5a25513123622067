"""The answer of `reproduce`: the plan, and what came of following it."""

import msgspec

from tfx_hallmark.registry.reproduction import PlanItem, ReproductionReport


class Reproduction(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `reproduce`.

    Attributes:
        model: The model's name.
        version: Semantic version.
        possible: Whether all that is needed is there.
        plan: Each thing that the version was made from or on, held against what is here.
        report: How near the second training came; null if only the plan was asked for, or nothing could be trained.
        event: Position in the log of the event that records it; null if it was not recorded.
        kept: Folder that holds the second training; null if it was not kept.
    """

    model: str
    version: str
    possible: bool
    plan: tuple[PlanItem, ...]
    report: ReproductionReport | None = None
    event: int | None = None
    kept: str | None = None
