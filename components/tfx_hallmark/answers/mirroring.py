"""The answer of `mirror`: what was brought to a mirror, or would be, and where it is to be seen."""

from collections.abc import Mapping

import msgspec


class MirroredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version that was brought.

    Attributes:
        version: Semantic version.
        link: Where it is to be seen: a page's address, or a folder; null for a dry run.
    """

    version: str
    link: str | None = None


class MirrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `mirror`, and of its dry run.

    Attributes:
        model: The model's name.
        mirror: Where the mirror is, without anything secret.
        dry_run: Whether nothing was sent.
        versions: Those that were asked for, oldest first.
        labels: The labels as the mirror has them afterwards, each with its version; for a dry run as the registry
            has them.
    """

    model: str
    mirror: str
    dry_run: bool
    versions: tuple[MirroredVersion, ...]
    labels: Mapping[str, str]
