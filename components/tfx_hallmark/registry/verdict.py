"""Evidence and verdict: what TFMA measured, and what the gate made of it, as plain values."""

from typing import Literal

import msgspec

OVERALL = "Overall"  # the slice that holds every example, as TFMA prints it
_TOLD = 2  # how many reasons a summary names before it counts the rest

Direction = Literal["higher_is_better", "lower_is_better"]
Rule = Literal["value", "change"]
Code = Literal[
    "first_version",
    "better",
    "not_worse",
    "override",
    "already_published",
    "not_blessed",
    "not_validated",
    "infra_not_blessed",
    "threshold_missed",
    "not_better",
    "within_noise",
    "slice_worse",
    "nothing_compared",
    "breaking_change",
    "requests_fail",
    "missing_slice",
    "no_baseline",
    "baseline_moved",
    "quarantined",
]


class Comparison(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One threshold on one slice, with what was measured there.

    Attributes:
        metric: Metric name, e.g. `sparse_categorical_accuracy`.
        slice: `Overall` or `feature:value`, several joined by `, `.
        rule: Whether the candidate's value or its change against the baseline is bounded.
        lower: Least value allowed (value rule).
        upper: Greatest value allowed (value rule).
        absolute: Least improvement in the metric's unit (change rule); negative tolerates a loss.
        relative: The same as a fraction of the baseline's value (change rule).
        direction: Which way is better (change rule).
        candidate: The candidate's value; None if TFMA did not produce it.
        baseline: The baseline's value; None if there was none.
        examples: On how many examples of the slice it was measured; None if that was not counted.
        min_examples: With fewer the slice is told and not judged; never said of the overall slice.
        confidence: The confidence that an improvement must reach, 0 to 1 (change rule); None asks for none.
        interval: Least and greatest improvement at that confidence, in the metric's unit, positive where the
            candidate is better; None if TFMA computed none.
    """

    metric: str
    slice: str
    rule: Rule
    lower: float | None = None
    upper: float | None = None
    absolute: float | None = None
    relative: float | None = None
    direction: Direction | None = None
    candidate: float | None = None
    baseline: float | None = None
    examples: int | None = None
    min_examples: int | None = None
    confidence: float | None = None
    interval: tuple[float, float] | None = None


class MetricValue(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one model on one slice; None where TFMA computed no finite number."""

    metric: str
    slice: str
    value: float | None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A TFMA evaluation in plain values.

    Attributes:
        validation_ok: TFMA's own outcome; None if it validated nothing.
        comparisons: Every threshold on every slice it applies to.
        missing_slices: Slices that have a threshold but no examples.
        failures: What else TFMA held against the candidate, a line each.
        metrics: All of the candidate's numbers.
        baseline_metrics: All of the baseline's numbers.
        eval_config: The EvalConfig that was used, as JSON text.
    """

    validation_ok: bool | None
    comparisons: tuple[Comparison, ...] = ()
    missing_slices: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    metrics: tuple[MetricValue, ...] = ()
    baseline_metrics: tuple[MetricValue, ...] = ()
    eval_config: str = ""


class VersionAt(msgspec.Struct, frozen=True):
    """A version and the release under which it served at some moment."""

    version: str
    release: int
    digest: str


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What a candidate made of requests that the baseline answers.

    Attributes:
        requests: How many there were.
        failures: What went wrong, a line each; empty if every one was answered in the same form.
        note: Why none could be sent, if so.
    """

    requests: int
    failures: tuple[str, ...] = ()
    note: str = ""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What the pipeline found out about a candidate before the push.

    Attributes:
        blessed: The blessing's `blessed` property; None if TFX set none.
        infra_blessed: The same of InfraValidator; None if it did not run.
        baseline: What was stable when the candidate was evaluated; None if nothing was.
        compared: Whether the Evaluator really had that baseline's model.
        evidence: TFMA's numbers.
        replay: What the candidate made of the baseline's golden requests; None if they were not sent to it.
        allow_breaking: Whether a person lets a candidate through that breaks the baseline's clients.
    """

    blessed: int | None
    infra_blessed: int | None = None
    baseline: VersionAt | None
    compared: bool
    evidence: Evidence
    replay: Replay | None = None
    allow_breaking: bool = False


class Check(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a verdict.

    Attributes:
        metric: Metric name.
        slice: `Overall` or `feature:value`.
        rule: `value` or `change`.
        threshold: The bound, in words: `>= 0.7`, `improves by more than 0`.
        candidate: The candidate's value.
        baseline: The baseline's value (change rule).
        improvement: By how much the candidate is better than the baseline (change rule).
        margin: By how much the bound is met; negative if it is missed; None if it cannot be told.
        passed: Whether it is met, or nobody judged it.
        judged: Whether it counts: a slice with too few examples is told, and speaks neither for nor against.
        note: What a reader should know besides, if anything.
        examples: On how many examples it was measured, where that was counted.
        confidence: The confidence asked for (change rule).
        interval: Least and greatest improvement at that confidence.
    """

    metric: str
    slice: str
    rule: Rule
    threshold: str
    candidate: float | None
    baseline: float | None
    improvement: float | None = None
    margin: float | None
    passed: bool
    judged: bool = True
    note: str = ""
    examples: int | None = None
    confidence: float | None = None
    interval: tuple[float, float] | None = None


class Reason(msgspec.Struct, frozen=True):
    """One reason of a verdict: a fixed code for programs, a sentence for people."""

    code: Code
    text: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's decision on one candidate.

    Attributes:
        model: The model's name.
        version: The candidate's semantic version.
        digest: The candidate's content digest.
        outcome: `published` or `refused`.
        bootstrap: Whether there was no stable version to beat.
        override: Why the gate was passed over; None if it was not.
        baseline: What was stable when it was decided.
        compared_with: What the evaluation had compared it with; another one if stable moved meanwhile.
        reasons: Every reason, the weightiest first; never empty.
        checks: Every threshold, met or missed.
        evidence: Digest of the evidence object; None for an override.
        allowed_breaks: What breaks the baseline's clients and was let through on a person's word.
        replay: What the candidate made of the baseline's golden requests.
    """

    model: str
    version: str
    digest: str
    outcome: Literal["published", "refused"]
    bootstrap: bool = False
    override: str | None = None
    baseline: VersionAt | None = None
    compared_with: VersionAt | None = None
    reasons: tuple[Reason, ...]
    checks: tuple[Check, ...] = ()
    evidence: str | None = None
    allowed_breaks: tuple[str, ...] = ()
    replay: Replay | None = None

    @property
    def passed(self) -> bool:
        """Whether the candidate may be published."""
        return self.outcome == "published"

    @property
    def summary(self) -> str:
        """The weightiest reasons, in one line that a table can hold."""
        texts = [reason.text for reason in self.reasons]
        more = f" (and {len(texts) - _TOLD} more)" if len(texts) > _TOLD else ""
        return "; ".join(texts[:_TOLD]) + more

    @property
    def sentence(self) -> str:
        """The verdict for a person, in one line."""
        return f"{self.model} {self.version} was {self.outcome}: {self.summary}"

    def _repr_html_(self) -> str:
        """Show it as a table in a notebook."""
        from tfx_hallmark.registry.notebook_html import verdict_html

        return verdict_html(self)
