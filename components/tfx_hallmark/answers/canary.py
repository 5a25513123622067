"""The answer of `canary`: the version that a share of the traffic tries out, beside what is stable."""

import msgspec

from tfx_hallmark.answers.details import Judgement, judgement
from tfx_hallmark.answers.label_moves import Labelled, labelled
from tfx_hallmark.registry.errors import NotFoundError, PromotionRefusedError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.plans import plan_promotion
from tfx_hallmark.registry.state import CANARY, STABLE
from tfx_hallmark.registry.version import Version

_LOOKED_AT = 5000  # events, a fraction of a second


class OneMetric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of the canary on one slice.

    Attributes:
        metric: Its name.
        slice: `Overall` or `feature:value`.
        canary: The canary's value when it was evaluated.
        baseline: That of the version it was evaluated against, on the same data; null if there is none.
    """

    metric: str
    slice: str
    canary: float
    baseline: float | None


class CanaryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `canary`.

    Attributes:
        model: The model's name.
        serving_policy: `labels`, or `latest`, under which the label steers no traffic.
        canary: What the label `canary` points to: version, release, since when, by whom, why.
        stable: The same of `stable`; null if nothing is stable.
        verdict: The gate's last verdict on the canary; null if there is none.
        metrics: What was measured before it was published.
        promotable: Whether `promote MODEL@canary --to stable` would go through now.
        objection: Why not; empty if it would.
    """

    model: str
    serving_policy: str
    canary: Labelled
    stable: Labelled | None
    verdict: Judgement | None
    metrics: list[OneMetric]
    promotable: bool
    objection: str


def canary_of(model: Model) -> CanaryAnswer:
    """Tell how a model's canary stands.

    Args:
        model: The model.

    Raises:
        NotFoundError: If nothing is canary.
    """
    found = {one.label: one for one in labelled(model, within=_LOOKED_AT)}
    if CANARY not in found:
        msg = (
            f"nothing of {model.name} is canary: push with rollout='canary', or use "
            f"'hallmark promote {model.name}@VERSION --to canary'"
        )
        raise NotFoundError(msg)
    version = model.version(CANARY)
    baseline = version.evidence.baseline_metrics if version.evidence else ()
    before = {(one.metric, one.slice): one.value for one in baseline}
    objection = _objection(model, version)
    return CanaryAnswer(
        model=model.name,
        serving_policy=model.settings.serving_policy,
        canary=found[CANARY],
        stable=found.get(STABLE),
        verdict=judgement(version),
        metrics=[
            OneMetric(metric=metric, slice=where, canary=value, baseline=before.get((metric, where)))
            for where, metrics in version.metrics.items()
            for metric, value in metrics.items()
        ],
        promotable=not objection,
        objection=objection,
    )


def _objection(model: Model, version: Version) -> str:
    try:
        plan_promotion(
            model.state,
            model.settings.serving_policy,
            version.version,
            STABLE,
            version.verdict,
            demands=model.signatures.objection,
        )
    except PromotionRefusedError as error:
        return str(error)
    return ""
