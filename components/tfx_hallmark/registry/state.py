"""What is known of a model at one point of its log: versions, releases, labels.

How it comes to be from the events is in `fold`.
"""

from typing import Literal

import msgspec

from tfx_hallmark.registry.events import GENESIS
from tfx_hallmark.registry.verdict import VersionAt

STABLE = "stable"
CANARY = "canary"

Status = Literal["tagged", "published", "refused", "adopted", "imported"]


class VersionState(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of one version without opening its manifest or verdict.

    Attributes:
        version: Semantic version.
        digest: Content digest, `b3:…`.
        manifest: Digest of the manifest object.
        size: Bytes.
        tag: Tag text; empty for an adopted version.
        bump: How the version number came about; see `event_kinds.Tagged`.
        created: When it was tagged or imported, UTC; of an adopted one, when its first number says that it was made.
        status: What the gate last said.
        releases: Its release numbers, oldest first, pruned ones included.
        pruned: Those of them whose bytes are gone.
        prunings: Positions in the log of the events that said so.
        verdict: Digest of the verdict that made its status, if the gate has decided.
        refusal: Digest of the last refusal, also one that came after a release, as in quarantine.
        summary: The last refusal in a sentence.
        quarantined: Why it is in quarantine; None if it is not.
        description: Free text.
        notes: Key-value notes that came after tagging; an empty value takes one away that came with it.
        evidence: Digests of later evaluations.
        held: Why its files must stay; None if retention may delete them.
        signature: Digest of its newest signature object; None if it is not signed.
        reproductions: Digests of the reports on its reproductions, oldest first.
        monitorings: Digests of the reports of monitoring while it was stable, oldest first.
    """

    version: str
    digest: str
    manifest: str
    size: int
    created: str
    tag: str = ""
    bump: str = ""
    status: Status = "tagged"
    releases: list[int] = []
    pruned: list[int] = []
    prunings: list[int] = []
    verdict: str | None = None
    refusal: str | None = None
    summary: str = ""
    quarantined: str | None = None
    description: str = ""
    notes: dict[str, str] = {}
    evidence: list[str] = []
    held: str | None = None
    signature: str | None = None
    reproductions: list[str] = []
    monitorings: list[str] = []

    @property
    def standing(self) -> str:
        """Its status as people are told it: a quarantine outweighs what the gate said."""
        return self.status if self.quarantined is None else "quarantined"


class Release(msgspec.Struct, frozen=True, omit_defaults=True):
    """One numbered directory.

    Attributes:
        version: The version it holds.
        time: When it was committed, UTC.
        staging: The staging folder it is exposed from; empty for an adopted one.
    """

    version: str
    time: str
    staging: str = ""


class StableMove(msgspec.Struct, frozen=True):
    """One change of what is stable.

    Attributes:
        seq: The event that did it.
        time: When, UTC.
        release: What `stable` pointed to from then on; None for nothing.
        back: Whether it was a rollback.
    """

    seq: int
    time: str
    release: int | None
    back: bool = False


class ModelState(msgspec.Struct, kw_only=True):
    """Everything the log says of one model, up to one event.

    Attributes:
        model: The model's name.
        seq: The last event folded in; 0 for none.
        seal: That event's seal.
        versions: By semantic version, in the order they were tagged.
        releases: By number.
        labels: What each label points to.
        stable_moves: Every change of `stable`, oldest first.
    """

    model: str
    seq: int = 0
    seal: str = GENESIS
    versions: dict[str, VersionState] = {}
    releases: dict[int, Release] = {}
    labels: dict[str, int] = {}
    stable_moves: list[StableMove] = []

    @property
    def stable(self) -> VersionState | None:
        """The version behind `stable`, if there is one."""
        return self.labelled(STABLE)

    @property
    def stable_at(self) -> VersionAt | None:
        """The version behind `stable`, with the release it serves as."""
        stable = self.stable
        return None if stable is None else VersionAt(stable.version, self.labels[STABLE], stable.digest)

    @property
    def latest(self) -> VersionState | None:
        """The version tagged last, if there is one."""
        return next(reversed(self.versions.values()), None)

    @property
    def next_release(self) -> int:
        """The number that the next release gets: above every one ever used."""
        return max(self.releases, default=0) + 1

    @property
    def highest_release(self) -> int | None:
        """The highest number whose bytes are there: what TF Serving serves where nothing tells it otherwise."""
        pruned = {number for version in self.versions.values() for number in version.pruned}
        return max(self.releases.keys() - pruned, default=None)

    def labelled(self, label: str) -> VersionState | None:
        """Return the version behind a label, if there is one."""
        release = self.labels.get(label)
        return None if release is None else self.versions[self.releases[release].version]

    def labels_by_version(self) -> dict[str, list[str]]:
        """Return the labels of each version that has any, sorted."""
        found: dict[str, list[str]] = {}
        for label, release in sorted(self.labels.items()):
            found.setdefault(self.releases[release].version, []).append(label)
        return found

    def with_digest(self, prefix: str) -> list[VersionState]:
        """Return the versions whose content digest starts with `prefix`."""
        return [version for version in self.versions.values() if version.digest.startswith(prefix)]

    def serving_release(self, version: VersionState) -> int | None:
        """Return the newest release of a version whose bytes are still there."""
        return max((number for number in version.releases if number not in version.pruned), default=None)
