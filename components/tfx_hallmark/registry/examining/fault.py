"""A finding together with what mends it, where that can be done without losing anything."""

from collections.abc import Callable

import msgspec

from tfx_hallmark.registry.examining.finding import Finding


class Cure(msgspec.Struct, frozen=True):
    """What mends a fault. It deletes nothing that anyone could want, and may be applied any number of times.

    Attributes:
        will: What it does, as a phrase: `give release 4 its number`.
        apply: Does it; raises HallmarkError if it cannot.
    """

    will: str
    apply: Callable[[], object]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it should be.

    Attributes:
        finding: What it is.
        cure: What mends it; None if only a person can decide.
    """

    finding: Finding
    cure: Cure | None = None
