"""The record of a reproduction: what a second training of a version had to work with, and how near it came."""

from typing import Literal

import msgspec

from tfx_hallmark.registry.golden import OutputDifference

SCHEMA = 1

Standing = Literal["there", "differs", "missing", "unknown"]
Outcome = Literal["bit_equal", "same_predictions", "same_metrics", "different"]


class PlanItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a version was made from or on, held against what is here.

    Attributes:
        name: What it is, as `examples` or `package keras`.
        standing: `there` as recorded, `differs` from that, `missing`, or `unknown`: nothing was recorded to hold it
            against.
        recorded: What is on record; empty if nothing is.
        found: What is here; empty if nothing is.
        note: What follows from it, or what to do.
        essential: Whether nothing can be trained without it.
    """

    name: str
    standing: Standing
    recorded: str = ""
    found: str = ""
    note: str = ""
    essential: bool = False

    @property
    def blocks(self) -> bool:
        """Whether nothing can be trained for the lack of it."""
        return self.essential and self.standing == "missing"


class WeightsCompared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The weights of two trainings, by name.

    Attributes:
        tensors: How many the recorded version has.
        equal: How many of them are equal to the bit; None if the recorded ones are gone, and are known only by the
            digest of all of them.
        differing: Names of those that are not, the farthest first; no more than twenty.
        largest: Greatest absolute difference between two numbers; None if it cannot be told.
        assets: Files of the model beside the weights, such as vocabularies, that are not equal.
    """

    tensors: int
    equal: int | None
    differing: tuple[str, ...] = ()
    largest: float | None = None
    assets: tuple[str, ...] = ()

    @property
    def bit_equal(self) -> bool:
        """Whether everything that training made is the same to the bit."""
        return self.equal == self.tensors and not self.differing and not self.assets


class MetricDistance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far one metric lies from that of the recorded version.

    Attributes:
        metric: Its name.
        slice: The slice that it is of.
        recorded: What the recorded version has; None if it has none.
        reproduced: What the second training has; None if it has none.
        within: Whether the two lie within the tolerance.
    """

    metric: str
    slice: str
    recorded: float | None
    reproduced: float | None
    within: bool


class ReproductionReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of training a version a second time.

    Attributes:
        schema: Version of this form.
        model: The model's name.
        version: Semantic version.
        digest: Content digest of the recorded version.
        outcome: `bit_equal`, `same_predictions` or `same_metrics` within the tolerance, or `different`.
        summary: The same in a sentence.
        reasons: Why it came no nearer; empty if the weights are equal.
        tolerance: The greatest absolute difference that counted as the same.
        transform: Whether Transform ran again, so that its output and not the recorded one was trained on.
        seconds: Wall time of the training process.
        plan: What there was to work with.
        weights: The weights against the recorded ones.
        predictions: How far the answers to the golden requests lie apart, by output; empty if none were asked for.
        metrics: How far the metrics lie apart, by slice; empty if nothing was evaluated.
    """

    schema: int = SCHEMA
    model: str
    version: str
    digest: str
    outcome: Outcome
    summary: str
    reasons: tuple[str, ...] = ()
    tolerance: float
    transform: bool = False
    seconds: float
    plan: tuple[PlanItem, ...]
    weights: WeightsCompared
    predictions: tuple[OutputDifference, ...] = ()
    metrics: tuple[MetricDistance, ...] = ()

    @property
    def reproduced(self) -> bool:
        """Whether it came within the tolerance."""
        return self.outcome != "different"
