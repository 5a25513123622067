"""What can happen to a model: the closed set of kinds of events, each with what is particular to it."""

from collections.abc import Mapping

import msgspec


class EventData(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What is particular to one kind of event.

    Attributes:
        version: The semantic version it is about.
    """

    version: str


class Tagged(EventData, frozen=True, kw_only=True, tag="tagged"):
    """A trained model got its identity.

    Attributes:
        digest: Content digest of the model.
        tag: The tag text made from the template.
        manifest: Digest of the manifest object.
        size: Bytes of the model.
        bump: `first`, `major`, `minor`, `patch` or `explicit`.
        reasons: Why that bump.
        compared_with: The version it was compared with, if there was one.
        override: Whether a person chose the bump or the version.
    """

    digest: str
    tag: str
    manifest: str
    size: int
    bump: str
    reasons: tuple[str, ...]
    compared_with: str | None
    override: bool = False


class Published(EventData, frozen=True, kw_only=True, tag="published"):
    """A version became a release.

    Attributes:
        digest: Content digest of the release; equal to the tagged candidate's.
        release: The number claimed.
        staging: The staging folder from which the release is exposed.
        labels: Labels that move to this release.
        baseline: The version that it beat; None for a bootstrap or an override.
        verdict: Digest of the verdict object.
        bootstrap: Whether there was nothing to compare with.
        override: Why the gate was passed over, if it was.
    """

    digest: str
    release: int
    staging: str
    labels: tuple[str, ...]
    baseline: str | None
    verdict: str
    bootstrap: bool = False
    override: str | None = None


class Refused(EventData, frozen=True, kw_only=True, tag="refused"):
    """The gate turned a candidate down.

    Attributes:
        digest: Content digest of the candidate.
        baseline: The version that was stable then, if any.
        verdict: Digest of the verdict object.
        summary: The verdict in a sentence.
    """

    digest: str
    baseline: str | None
    verdict: str
    summary: str


class Promoted(EventData, frozen=True, kw_only=True, tag="promoted"):
    """A label moved to a release of this version.

    Attributes:
        release: What the label points to from now on.
        label: The label.
        override: Why the gate was passed over, if it was.
        staging: The staging folder of `release` where a new number was made for it, else None.
    """

    release: int
    label: str
    override: str | None = None
    staging: str | None = None


class RolledBack(EventData, frozen=True, kw_only=True, tag="rolled_back"):
    """`stable` went back to an earlier version.

    Attributes:
        release: What `stable` points to from now on.
        from_release: What it pointed to before.
        staging: The staging folder of `release` where a new number was made for it, else None.
    """

    release: int
    from_release: int
    staging: str | None = None


class Quarantined(EventData, frozen=True, kw_only=True, tag="quarantined"):
    """This version must not serve; labels on it are taken off."""


class Unquarantined(EventData, frozen=True, kw_only=True, tag="unquarantined"):
    """This version may serve again; labels stay as they are."""


class Pruned(EventData, frozen=True, kw_only=True, tag="pruned"):
    """The bytes of these releases are gone; everything known about them stays."""

    releases: tuple[int, ...]


class Annotated(EventData, frozen=True, kw_only=True, tag="annotated"):
    """A description or key-value notes were added; an empty value removes a key."""

    description: str | None = None
    notes: Mapping[str, str] = msgspec.field(default_factory=dict)


class Adopted(EventData, frozen=True, kw_only=True, tag="adopted"):
    """A directory that something else had published was taken in as it stands."""

    digest: str
    release: int
    manifest: str
    size: int
    labels: tuple[str, ...] = ()


class Evaluated(EventData, frozen=True, kw_only=True, tag="evaluated"):
    """This version was evaluated on further data.

    Attributes:
        evidence: Digest of the evidence object.
        summary: What came of it, in a line.
        data: Where the data lay, as it was named; None if that is not known.
    """

    evidence: str
    summary: str
    data: str | None = None


class Withdrawn(EventData, frozen=True, kw_only=True, tag="withdrawn"):
    """A label came off this version, and points to nothing from now on."""

    label: str


class Held(EventData, frozen=True, kw_only=True, tag="held"):
    """The files of this version must stay, whatever retention says."""


class Unheld(EventData, frozen=True, kw_only=True, tag="unheld"):
    """Retention may delete the files of this version again."""


class Signed(EventData, frozen=True, kw_only=True, tag="signed"):
    """This version's content was signed.

    Attributes:
        signature: Digest of the signature object.
        key: Fingerprint of the public key that checks it.
    """

    signature: str
    key: str


class Imported(EventData, frozen=True, kw_only=True, tag="imported"):
    """A version of another registry came in, with what that knew of it; it has no release yet.

    Attributes:
        digest: Content digest of the model.
        tag: The tag text that it bears there.
        manifest: Digest of the manifest object.
        size: Bytes of the model.
        origin: Digest of the object that says where it comes from, with its events there.
        verdict: Digest of the verdict that it got there, if it got any.
    """

    digest: str
    tag: str
    manifest: str
    size: int
    origin: str
    verdict: str | None = None


class Reproduced(EventData, frozen=True, kw_only=True, tag="reproduced"):
    """This version was trained a second time, and the result was held against it.

    Attributes:
        report: Digest of the report object, see `reproduction.ReproductionReport`.
        outcome: How near it came: `bit_equal`, `same_predictions`, `same_metrics` or `different`.
        summary: The same in a sentence.
    """

    report: str
    outcome: str
    summary: str


class Monitored(EventData, frozen=True, kw_only=True, tag="monitored"):
    """New data was held against what this version was trained on, and this version, then stable, against the rules.

    Attributes:
        report: Digest of the report object, see `monitoring.report.MonitoringReport`.
        outcome: `normal` or `alert`.
        summary: What was found and what follows, in a line.
        data: Where the data lies.
    """

    report: str
    outcome: str
    summary: str
    data: str
