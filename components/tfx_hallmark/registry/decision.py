"""The gate's word on one push, taken on the state that the commit follows, and the event it makes."""

from functools import partial

from tfx_hallmark.registry.compatibility import breaks
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.event_kinds import Published, Refused
from tfx_hallmark.registry.gates import Gate
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.objects import object_digest
from tfx_hallmark.registry.savedmodel import Signature
from tfx_hallmark.registry.state import ModelState, VersionState
from tfx_hallmark.registry.verdict import Reason, Verdict


def find_tagged(state: ModelState, version: str) -> VersionState:
    """Return a version by its semantic version.

    Raises:
        NotFoundError: If it was never tagged.
    """
    try:
        return state.versions[version]
    except KeyError:
        msg = f"{state.model} {version} was never tagged: run VersionTagger on the model first"
        raise NotFoundError(msg) from None


def published_release(state: ModelState, tagged: VersionState) -> int | None:
    """Return the release that makes a push of a version needless; None if it has none or may not serve."""
    return None if tagged.quarantined is not None else state.serving_release(tagged)


class Decision:
    """What is to become of a version, decided anew for every state it is asked about.

    Args:
        ledger: The model's records.
        version: Semantic version.
        gate: Decides on versions that are not published already.

    Attributes:
        verdict: The verdict on the state last asked about.
    """

    def __init__(self, ledger: Ledger, version: str, gate: Gate) -> None:
        self._ledger = ledger
        self._version = version
        self._gate = gate
        self._signatures: dict[str, dict[str, Signature]] = {}  # by the manifest's digest
        self.verdict: Verdict

    def look(self, state: ModelState) -> Verdict:
        """Decide, without an event: what was published keeps the verdict of then."""
        tagged = find_tagged(state, self._version)
        if published_release(state, tagged) is None:
            self.verdict = self._gate.verdict(state, tagged, partial(self._breaks, state.stable, tagged))
        else:
            self.verdict = self._earlier(tagged)
        return self.verdict

    def refusal(self, state: ModelState) -> Refused | None:
        """Return the refusal to commit; None if it passes, or the same refusal is on record already."""
        verdict = self.look(state)
        tagged = find_tagged(state, self._version)
        if verdict.passed or self._is_on_record(tagged):
            return None
        return Refused(
            version=self._version,
            digest=tagged.digest,
            baseline=None if verdict.baseline is None else verdict.baseline.version,
            verdict=self._store(),
            summary=verdict.summary,
        )

    def publication(
        self, state: ModelState, *, staging: str, labels: tuple[str, ...]
    ) -> Published | Refused | None:
        """Return the event to commit for a version that is staged; None if there is nothing left to do."""
        refused = self.refusal(state)
        tagged = find_tagged(state, self._version)
        if not self.verdict.passed or published_release(state, tagged) is not None:
            return refused
        return Published(
            version=self._version,
            digest=tagged.digest,
            release=state.next_release,
            staging=staging,
            labels=labels,
            baseline=self._beaten(),
            verdict=self._store(),
            bootstrap=self.verdict.bootstrap,
            override=self.verdict.override,
        )

    def _beaten(self) -> str | None:
        baseline = self.verdict.baseline
        return None if baseline is None or self.verdict.override is not None else baseline.version

    def _is_on_record(self, tagged: VersionState) -> bool:
        """Tell whether this is a retry that is refused for the same reasons as before."""
        return tagged.refusal == object_digest(self.verdict)

    def _breaks(self, stable: VersionState | None, candidate: VersionState) -> tuple[str, ...]:
        """Tell what clients of what is stable could stumble over."""
        if stable is None:
            return ()
        return tuple(breaks(self._signatures_of(candidate), self._signatures_of(stable)))

    def _signatures_of(self, version: VersionState) -> dict[str, Signature]:
        # What a digest names never changes, and a commit may have to decide many times over.
        if version.manifest not in self._signatures:
            manifest = self._ledger.objects.get(version.manifest, Manifest)
            self._signatures[version.manifest] = dict(manifest.signatures)
        return self._signatures[version.manifest]

    def _earlier(self, tagged: VersionState) -> Verdict:
        if tagged.verdict is not None and tagged.status == "published":
            return self._ledger.objects.get(tagged.verdict, Verdict)
        return Verdict(
            model=self._ledger.model,
            version=tagged.version,
            digest=tagged.digest,
            outcome="published",
            reasons=(Reason("already_published", "it is published already"),),
        )

    def _store(self) -> str:
        # Objects before the event that names them; one whose event loses the race is harmless.
        if self._gate.evidence is not None:
            self._ledger.objects.put(self._gate.evidence)
        return self._ledger.objects.put(self.verdict)
