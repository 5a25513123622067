"""Which semantic version a candidate gets: inferred, or as a person says."""

from typing import Protocol

import msgspec

from tfx_hallmark.registry.bump import FIRST, Level, check_semantic_version, infer_bump, next_version
from tfx_hallmark.registry.errors import VersionExistsError
from tfx_hallmark.registry.manifest import Manifest, Provenance
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.savedmodel import SavedModelInfo
from tfx_hallmark.registry.state import ModelState


class Numbering(msgspec.Struct, frozen=True):
    """A version number and how it came about.

    Attributes:
        version: Semantic version.
        bump: `first`, `major`, `minor`, `patch` or `explicit`.
        reasons: Why.
        compared_with: The version it was compared with, if there was one.
        override: Whether a person chose.
    """

    version: str
    bump: str
    reasons: tuple[str, ...]
    compared_with: str | None
    override: bool


class Number(Protocol):
    """A way to number candidates."""

    def choose(
        self, state: ModelState, objects: ObjectStore, info: SavedModelInfo, provenance: Provenance
    ) -> Numbering:
        """Number content that is new.

        Args:
            state: The model's state.
            objects: Where the manifests of other versions are stored.
            info: What the candidate's SavedModel says.
            provenance: What the candidate was made from.
        """

    def check_known(self, model: str, version: str) -> None:
        """Accept or refuse that the content has a version already."""


class Inferred:
    """Numbers a candidate by what changed since the stable version, else since the latest."""

    def choose(
        self, state: ModelState, objects: ObjectStore, info: SavedModelInfo, provenance: Provenance
    ) -> Numbering:
        """Compare, and take the smallest unused version at the level found."""
        base = state.stable or state.latest
        if base is None:
            return Numbering(FIRST, "first", ("first version of this model",), None, override=False)
        bump = infer_bump(info, provenance, objects.get(base.manifest, Manifest))
        version = next_version(base.version, bump.level, state.versions)
        return Numbering(version, bump.level, bump.reasons, base.version, override=False)

    def check_known(self, model: str, version: str) -> None:
        """Same content, same version."""


class AtLevel(Inferred):
    """Numbers a candidate at a level that a person chose; what was inferred is kept as a reason.

    Args:
        level: `major`, `minor` or `patch`.
    """

    def __init__(self, level: Level) -> None:
        self._level = level

    def choose(
        self, state: ModelState, objects: ObjectStore, info: SavedModelInfo, provenance: Provenance
    ) -> Numbering:
        """Take the smallest unused version at that level."""
        found = super().choose(state, objects, info, provenance)
        base = found.compared_with
        version = FIRST if base is None else next_version(base, self._level, state.versions)
        reasons = (f"{self._level} was asked for; inferred: {found.bump}", *found.reasons)
        return Numbering(version, self._level, reasons, base, override=True)


class Exactly(Inferred):
    """Numbers a candidate as a person says.

    Args:
        version: A semantic version.

    Raises:
        InvalidNameError: If it is none.
    """

    def __init__(self, version: str) -> None:
        self._version = check_semantic_version(version)

    def choose(
        self, state: ModelState, objects: ObjectStore, info: SavedModelInfo, provenance: Provenance
    ) -> Numbering:
        """Take that version.

        Raises:
            VersionExistsError: If it already names other content.
        """
        if self._version in state.versions:
            msg = f"{state.model} {self._version} already names other content: choose an unused version"
            raise VersionExistsError(msg)
        found = super().choose(state, objects, info, provenance)
        reasons = (f"{self._version} was asked for; inferred: {found.bump}", *found.reasons)
        return Numbering(self._version, "explicit", reasons, found.compared_with, override=True)

    def check_known(self, model: str, version: str) -> None:
        """Refuse that the content has another version.

        Raises:
            VersionExistsError: If it has.
        """
        if version != self._version:
            msg = (
                f"this content is {model} {version} already, for ever: leave out the version {self._version}"
            )
            raise VersionExistsError(msg)
