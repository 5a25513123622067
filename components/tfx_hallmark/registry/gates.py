"""What may stand between a tagged candidate and `stable`: the gate, or a person's word that is kept."""

import contextlib
from collections.abc import Callable
from typing import Protocol, TypeAlias

import msgspec

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.gate import decide, identity
from tfx_hallmark.registry.objects import object_digest
from tfx_hallmark.registry.state import ModelState, VersionState
from tfx_hallmark.registry.verdict import Evaluation, Evidence, Reason, Verdict, VersionAt

Breaks: TypeAlias = Callable[[], tuple[str, ...]]  # as `compatibility.breaks` tells them


class Gate(Protocol):
    """Decides whether a tagged version may become stable."""

    @property
    def evidence(self) -> Evidence | None:
        """What a verdict rests on, to be stored with it."""

    def verdict(self, state: ModelState, tagged: VersionState, breaks: Breaks) -> Verdict:
        """Decide on this state; asked again whenever it changed before the commit.

        Args:
            state: The model's state.
            tagged: The candidate.
            breaks: Reads what clients of what is stable in this state could stumble over.
        """


class BeatsStable(msgspec.Struct, frozen=True):
    """Lets a candidate through if its evaluation beats what is stable at that moment.

    Attributes:
        evaluation: What the pipeline found out.
    """

    evaluation: Evaluation

    @property
    def evidence(self) -> Evidence | None:
        """TFMA's numbers."""
        return self.evaluation.evidence

    def verdict(self, state: ModelState, tagged: VersionState, breaks: Breaks) -> Verdict:
        """Ask the gate."""
        return decide(
            model=state.model,
            version=tagged.version,
            digest=tagged.digest,
            stable=state.stable_at,
            quarantined=tagged.quarantined,
            breaks=breaks(),
            evaluation=self.evaluation,
            evidence=object_digest(self.evaluation.evidence),
        )


class PassedOver(msgspec.Struct, frozen=True):
    """Lets any candidate through that is not in quarantine, and keeps on record that nobody checked it.

    Attributes:
        reason: Why the gate is passed over.
    """

    reason: str

    @property
    def evidence(self) -> Evidence | None:
        """There is none."""
        return None

    def verdict(self, state: ModelState, tagged: VersionState, breaks: Breaks) -> Verdict:
        """Say yes, and whose word that is, and what it breaks if that can be told."""
        barred = tagged.quarantined is not None
        broken: tuple[str, ...] = ()
        # A damaged record of another version must not stand in the way of an override.
        with contextlib.suppress(HallmarkError):
            broken = breaks()
        why = (
            Reason("quarantined", f"this version is in quarantine ({tagged.quarantined})")
            if barred
            else Reason("override", f"the gate was passed over: {self.reason}")
        )
        return Verdict(
            model=state.model,
            version=tagged.version,
            digest=tagged.digest,
            outcome="refused" if barred else "published",
            override=self.reason,
            baseline=state.stable_at,
            reasons=(why,),
            allowed_breaks=() if barred else broken,
        )


def objection_to_promotion(verdict: Verdict | None, stable: VersionAt | None) -> str | None:
    """Tell why a published version may not become stable now; None if it may.

    What lets it through is a verdict that rests on evidence and was a comparison with exactly what
    is stable at this moment, or with nothing where nothing is.

    Args:
        verdict: The gate's verdict on it; None if the gate never decided.
        stable: What is stable at this moment; None if nothing.
    """
    if verdict is None or not verdict.passed:
        return "the gate never let it through"
    if verdict.override is not None or verdict.evidence is None:
        return "it was published past the gate, so there is no evidence that it is better"
    if identity(verdict.baseline) != identity(stable):
        return f"it was compared with {_named(verdict.baseline)}, but {_named(stable)} is stable now"
    return None


def _named(version: VersionAt | None) -> str:
    return "nothing" if version is None else version.version
