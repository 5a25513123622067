"""Deleting a release that retention lets go, and nothing else that lies under its number.

A release that hallmark made says in it which version it is; it stays that release when a file of it is damaged.
An adopted one says nothing, so its bytes are held against the version's digest.
"""

import msgspec

from tfx_hallmark.registry.errors import ForeignEntryError, InvalidModelError, StorageError
from tfx_hallmark.registry.release_content import Reader, known_or_read
from tfx_hallmark.registry.release_storage import ReleaseIdentity, Releases
from tfx_hallmark.registry.state import ModelState, VersionState


def require_own(releases: Releases, number: int, state: ModelState, *, read: Reader | None = None) -> None:
    """Make sure that what lies under a release's number, if anything does, is that release.

    Args:
        releases: Where the releases of the model lie.
        number: The release.
        state: The model's state.
        read: Reads an adopted release that is not known by its stamp; by default nothing is noted of it.

    Raises:
        ForeignEntryError: If it is something else.
        StorageError: If that cannot be told.
    """
    release = state.releases[number]
    version = state.versions[release.version]
    # Looked at last whether it is there: another process may be deleting it.
    if not (
        _says_so(releases, number, version)
        if release.staging
        else _holds(releases, number, version, read or releases.digest)
    ) and releases.undeleted({number}):
        msg = (
            f"{releases.location_of(number)} bears the number of a release of {state.model}@{version.version}, "
            "but was not put there by hallmark: move it out of the base path; nothing of it was deleted"
        )
        raise ForeignEntryError(msg)


def retire(releases: Releases, number: int, state: ModelState) -> None:
    """Take a pruned release out of the base path and delete it; no error if it is gone.

    Raises:
        ForeignEntryError: If something else lies under its number; it is left there.
        StorageError: If it cannot be done.
    """
    require_own(releases, number, state)
    releases.retire(number)


def _says_so(releases: Releases, number: int, version: VersionState) -> bool:
    try:
        said = msgspec.json.decode(releases.files(number).read_identity(), type=ReleaseIdentity)
    except InvalidModelError as error:
        if isinstance(error.__cause__, StorageError):
            raise error.__cause__ from error  # out of reach for now, whatever it is
        return False
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return (said.version, said.digest) == (version.version, version.digest)


def _holds(releases: Releases, number: int, version: VersionState, read: Reader) -> bool:
    try:
        return (
            releases.is_there(number)
            and known_or_read(releases, version.digest, read)(number).digest == version.digest
        )
    except InvalidModelError:
        return False
