"""The rules of monitoring: what is watched, from where on it alerts, and what may be done without asking."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.gating.rules import GateRules, ValueRule
from tfx_hallmark.registry.verdict import OVERALL, Direction

Comparator = Literal["l_infinity", "jensen_shannon"]


class DriftRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far the new data may lie from the training data.

    Attributes:
        categorical: Greatest L-infinity distance of a categorical feature, 0 to 1; None judges none.
        numeric: Greatest Jensen-Shannon divergence of a numeric feature, 0 to 1; None judges none.
        features: The same for single features; None leaves one out.
        anomalies: Whether what the schema of the training data does not allow is an alert as well.
    """

    categorical: float | None = None
    numeric: float | None = None
    features: Mapping[str, float | None] = msgspec.field(default_factory=dict)
    anomalies: bool = True

    def threshold(self, feature: str, comparator: Comparator) -> float | None:
        """Return the greatest distance that a feature may have; None for any."""
        if feature in self.features:
            return self.features[feature]
        return self.categorical if comparator == "l_infinity" else self.numeric

    @property
    def asks(self) -> bool:
        """Whether any feature is judged."""
        return any(one is not None for one in (self.categorical, self.numeric, *self.features.values()))


class PredecessorRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is stable must not be worse than the version that a rollback would bring back, on the same data.

    Attributes:
        metric: The metric's name, as `hallmark show` has it.
        direction: Which way is better.
        slice: `feature:value`; by default all examples.
        tolerance: By how much it may be worse, in the metric's unit.
    """

    metric: str
    direction: Direction
    slice: str = OVERALL
    tolerance: float = 0.0


class MonitoringRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What monitoring holds new data and the versions in service to.

    Attributes:
        drift: How far the new data may lie from the training data.
        floors: Bounds on the values of what is stable, and of a canary that is to take its place.
        predecessor: Bounds on how much worse than its predecessor it may be.
        canary: What a canary must do to beat what is stable; None for the thresholds that it was published by.
        min_examples: With fewer examples nothing is judged.
        auto_rollback: Whether a rollback that follows is done; otherwise it is proposed.
        auto_promote: Whether a promotion that follows is done; otherwise it is proposed.
    """

    drift: DriftRules = DriftRules()
    floors: tuple[ValueRule, ...] = ()
    predecessor: tuple[PredecessorRule, ...] = ()
    canary: GateRules | None = None
    min_examples: int = 1
    auto_rollback: bool = False
    auto_promote: bool = False

    @classmethod
    def of(cls, given: object) -> "MonitoringRules":
        """Read rules from plain values, as JSON or YAML gives them, and check them.

        Raises:
            ConfigError: If anything in them is wrong; the message names the place.
        """
        try:
            return msgspec.convert(given, cls).checked()
        except msgspec.ValidationError as error:
            text = str(error).replace("Object contains unknown field", "there is no key")
            msg = f"the rules of monitoring cannot be used ({text}): see docs/monitoring.md"
            raise ConfigError(msg) from error

    @classmethod
    def parse(cls, text: str) -> "MonitoringRules":
        """Read rules from JSON text, as `text` writes them, and check them.

        Raises:
            ConfigError: If anything in them is wrong.
        """
        try:
            given: Any = msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            msg = f"the rules of monitoring are no JSON ({error}): give what MonitoringRules.text wrote"
            raise ConfigError(msg) from error
        return cls.of(given)

    @property
    def text(self) -> str:
        """The rules as JSON text, for a component's parameter."""
        return msgspec.json.encode(self, order="sorted").decode()

    def checked(self) -> "MonitoringRules":
        """Return these rules.

        Raises:
            ConfigError: If they can never be what somebody meant.
        """
        for problem in self._problems():
            msg = f"the rules of monitoring cannot be used ({problem}): see docs/monitoring.md"
            raise ConfigError(msg)
        if self.floors:
            GateRules(values=self.floors, must_improve=False).checked()
        if self.canary is not None:
            self.canary.checked()
        return self

    def _problems(self) -> Iterator[str]:
        drift = self.drift
        given = {"drift.categorical": drift.categorical, "drift.numeric": drift.numeric}
        given |= {f"drift.features.{name}": bound for name, bound in drift.features.items()}
        for name, bound in given.items():
            # Written so that NaN is refused too.
            if bound is not None and not 0 <= bound <= 1:
                yield f"{name} is {bound}: a distance lies between 0 and 1"
        for index, rule in enumerate(self.predecessor):
            if not 0 <= rule.tolerance < math.inf:
                yield f"predecessor[{index}]: tolerance is {rule.tolerance}: give 0 or more"
            if not rule.metric.strip() or not rule.slice.strip() or "*" in rule.slice:
                yield f"predecessor[{index}]: name one metric, and one slice such as island:Dream"
        if self.min_examples < 1:
            yield f"min_examples is {self.min_examples}: give 1 or more"
