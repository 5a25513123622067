"""Rules for `Model.gate` that are easily told, and what of its answer most tests look at."""

from tfx_hallmark.registry.gating.result import GateResult
from tfx_hallmark.registry.gating.rules import ChangeRule, GateRules

BETTER = ChangeRule(metric="accuracy", direction="higher_is_better", absolute=0.0)
STRICT = GateRules(changes=(BETTER,))


def codes(result: GateResult) -> list[str]:
    return [reason.code for reason in result.reasons]
