"""Makes sure that a release still holds what was published, before it is given another number or a label."""

from collections.abc import Callable

from tfx_hallmark.registry.errors import DigestMismatchError, InvalidModelError, NotFoundError
from tfx_hallmark.registry.examining.difference import differences
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.tree import ContentDigest, FileEntry

Reader = Callable[[int], ContentDigest]


def known_or_read(releases: Releases, digest: str, read: Reader) -> Reader:
    """Return what reads a release only if it is not known to hold what it should.

    Args:
        releases: Where releases lie.
        digest: The content digest that it should have.
        read: Reads it.
    """

    def look(number: int) -> ContentDigest:
        known = releases.known(number)
        return known if known is not None and known.digest == digest else read(number)

    return look


def verify_release(
    releases: Releases,
    number: int,
    digest: str,
    *,
    read: Reader,
    version: str,
    files: Callable[[], tuple[FileEntry, ...]],
) -> ContentDigest:
    """Make sure that a release holds what was published.

    Args:
        releases: Where it lies.
        number: Its number.
        digest: The version's content digest.
        read: Reads it, or tells what it holds without that.
        version: The version, as `penguin@1.2.0`, for the error.
        files: Gives the version's files; asked only to say which one differs.

    Returns:
        What it holds.

    Raises:
        NotFoundError: If it is gone.
        DigestMismatchError: If it holds anything else, or cannot be read.
    """
    location = releases.location_of(number)
    gone = f"{location}, which held {version}, is gone: push its model again, or choose another version"
    if not releases.is_there(number):
        raise NotFoundError(gone)
    try:
        found = read(number)
    except InvalidModelError as error:
        if not releases.is_there(number):
            raise NotFoundError(gone) from error  # pruned while it was read
        raise _damaged(location, version, str(error)) from error
    if found.digest != digest:
        raise _damaged(location, version, _difference(found, digest, files()))
    return found


def _damaged(location: str, version: str, what: str) -> DigestMismatchError:
    return DigestMismatchError(
        f"{location} no longer holds {version}: {what}; "
        f"choose another version, and 'hallmark quarantine {version}' keeps this one from being chosen"
    )


def _difference(found: ContentDigest, digest: str, files: tuple[FileEntry, ...]) -> str:
    first = next(differences(found.files, files), None)
    return str(first or f"its digest is {found.digest[:15]}…, the published one {digest[:15]}…")
