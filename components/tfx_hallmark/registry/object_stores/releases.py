"""The releases of a model in an object store: exposed by copies within the store, the graph file last.

An object store has no rename of a folder, so exposure is ordered, not atomic: while it lasts, a release's prefix
can be listed, but has no graph file, and nothing can load it.
"""

import contextlib
import datetime
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from tfx_hallmark.registry.errors import ForeignEntryError, InvalidModelError, LocalRootError, StorageError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import parse_release_number
from tfx_hallmark.registry.object_stores.bucket import Bucket
from tfx_hallmark.registry.object_stores.release_files import ObjectReleaseFiles
from tfx_hallmark.registry.object_stores.staging import (
    GRAPH_FILES,
    StagedPrefix,
    delete_staged,
    in_order,
    model_of,
    read_ready,
    require_files,
    stored_files,
)
from tfx_hallmark.registry.object_stores.transfer import (
    Counter,
    at_once,
    copy_objects,
    download,
    hash_object,
)
from tfx_hallmark.registry.release_storage import Leftover, foreign_entry, would_serve
from tfx_hallmark.registry.retention.freed_bytes import Freed
from tfx_hallmark.registry.state import Release
from tfx_hallmark.registry.tree import THREADS, ContentDigest, combine, model_files

_FEW = 3  # releases


class ObjectReleases:
    """A `release_storage.Releases` in an object store.

    Args:
        bucket: The registry root.
        model: The model's name.
        progress: Told the bytes that go up or down.

    Attributes:
        bucket: The registry root.
    """

    def __init__(self, bucket: Bucket, model: str, progress: Progress) -> None:
        self.bucket = bucket
        self._model = model
        self._area = f".hallmark/{model}/staging"
        self._progress = progress
        self._begun: set[str] = set()

    @property
    def location(self) -> str:
        """What TF Serving is given as the model's base path."""
        return str(self.bucket.url / self._model)

    def location_of(self, release: int) -> str:
        """Return where a release lies, or would lie."""
        return f"{self.location}/{release}"

    @property
    def base(self) -> Path:
        """There is no such directory."""
        self._refuse()

    @property
    def staging(self) -> Path:
        """There is no such directory."""
        self._refuse()

    def path(self, release: int) -> Path:
        """There is no such directory."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        msg = f"{self.location} lies in an object store, and this needs a registry root that is a directory"
        raise LocalRootError(msg)

    def prepare(self) -> None:
        """Nothing is needed: a prefix is there as soon as something lies under it."""

    def check(self, ledger: Ledger) -> None:
        """Make sure that the base path holds nothing but this model's releases: one listing.

        Raises:
            ForeignEntryError: If it holds anything else.
        """
        for error in self.foreign(ledger):
            raise error

    def check_numbers(self, ledger: Ledger) -> None:
        """Make sure that the base path holds nothing but releases that TF Serving would take for a version.

        Raises:
            ForeignEntryError: If it holds such a thing, which could outnumber a release.
        """
        for name in self._foreign(ledger):
            if would_serve(name):
                raise foreign_entry(name, f"{self.location}/{name}")

    def foreign(self, ledger: Ledger) -> list[ForeignEntryError]:
        """Return an error for each thing in the base path that is no release of this model; raise none."""
        return [foreign_entry(name, f"{self.location}/{name}") for name in self._foreign(ledger)]

    def _foreign(self, ledger: Ledger) -> list[str]:
        folders, objects = self.bucket.names(self._model)
        # Listed first: whatever was exposed by then is in the log by now.
        known = {str(number) for number in ledger.refresh().releases}
        return [*(name for name in folders if name not in known), *objects]

    def shown(self) -> frozenset[int]:
        """Return the numbers that are in the base path, whosever they are: one listing."""
        folders, _ = self.bucket.names(self._model)
        return frozenset(number for name in folders if (number := parse_release_number(name)) is not None)

    def is_there(self, release: int) -> bool:
        """Tell whether a release is in the base path with its graph file, so that it can be loaded."""
        _, objects = self.bucket.names(self._folder(release))
        return any(name in GRAPH_FILES for name in objects)

    def digest(self, release: int) -> ContentDigest:
        """Read a release to its last byte and return what it holds.

        Raises:
            InvalidModelError: If it cannot be read.
        """
        folder = self._folder(release)
        files = self.files(release).of_the_model()
        read = Counter(sum(file.size for file in files), self._progress)
        try:
            hashed = at_once(
                lambda file: hash_object(self.bucket, folder, file.path, on_read=read), files, THREADS
            )
            return combine(hashed)
        except StorageError as error:
            raise InvalidModelError(str(error)) from error

    def read(self, release: int, _: str) -> ContentDigest:
        """Read a release as `digest` does; nothing is noted."""
        return self.digest(release)

    def known(self, release: int) -> None:
        """Tell nothing: a release in an object store is always read."""

    def files(self, release: int) -> ObjectReleaseFiles:
        """Return the files of a release, to be checked one by one."""
        return ObjectReleaseFiles(self.bucket, self._folder(release))

    def fetch(self, release: int, destination: Path) -> str:
        """Download a release's files in place of whatever is there; return their content digest.

        Raises:
            OSError: If the destination cannot be written.
            StorageError: If the release cannot be read.
        """
        files = stored_files(self.bucket, self._folder(release))
        moved = Counter(sum(file.size for file in files), self._progress)
        if destination.exists():
            shutil.rmtree(destination)
        written = download(self.bucket, self._folder(release), files, destination, moved=moved)
        own = set(model_files(destination))
        return combine(file for file in written if file.path in own).digest

    @contextlib.contextmanager
    def stage(self) -> Iterator[StagedPrefix]:
        """Begin a release under a prefix of its own; `sweep` deletes it after the block if nothing claims it."""
        staged = StagedPrefix(self.bucket, self._area, self._model, self._progress)
        self._begun.add(staged.name)
        yield staged

    def expose(self, number: int, release: Release) -> None:
        """Give a committed release its number, unless it has it: copies within the store, the graph file last.

        Any process may do this for any other, any number of times: all of them write the same.

        Raises:
            ForeignEntryError: If something else lies under the number.
            StorageError: If it cannot be done otherwise.
        """
        staged, target = self._staged(release), self._folder(number)
        files = read_ready(self.bucket, staged) if release.staging else None
        if files is None:
            return
        for other in {file.path for file in stored_files(self.bucket, target)} - {
            file.path for file in files
        }:
            location = f"{self.location_of(number)}/{other}"
            msg = f"{location} was not put there by hallmark: move it away, then run any command"
            raise ForeignEntryError(msg)
        try:
            for part in in_order(files):
                copy_objects(self.bucket, model_of(staged), target, part)
        except FileNotFoundError as error:
            # Another process has done it meanwhile, and deleted the staging.
            if read_ready(self.bucket, staged) is None:
                return
            msg = f"{self.bucket.url / staged} has lost a file: push the same model again"
            raise StorageError(msg) from error
        require_files(self.bucket, target, files)
        delete_staged(self.bucket, staged)
        self._begun.discard(release.staging)

    def unexposed(self, releases: Mapping[int, Release]) -> dict[int, Release]:
        """Return those of some committed releases that wait in staging still: one listing."""
        if not releases:
            return {}
        folders = set(self.bucket.names(self._area)[0])
        left = {number: release for number, release in releases.items() if release.staging in folders}
        ready = {number: release for number, release in left.items() if self._is_ready(release)}
        for number in left.keys() - ready.keys():
            # Exposed, and only half deleted.
            with contextlib.suppress(StorageError):
                delete_staged(self.bucket, self._staged(left[number]))
        return ready

    def waiting(self, release: Release) -> str | None:
        """Return where a release waits to be exposed; that no process is about to do it cannot be known here."""
        return str(self.bucket.url / self._staged(release)) if self._is_ready(release) else None

    def _is_ready(self, release: Release) -> bool:
        return bool(release.staging) and read_ready(self.bucket, self._staged(release)) is not None

    def retire(self, number: int) -> None:
        """Delete a pruned release: first its graph file, so that what is left cannot be loaded; last what it is.

        Raises:
            StorageError: If it cannot be done.
        """
        folder = self._folder(number)
        others, identity, graphs = in_order(stored_files(self.bucket, folder))
        for part in (graphs, others, identity):
            self.bucket.delete(f"{folder}/{file.path}" for file in part)

    def undeleted(self, numbers: Collection[int]) -> set[int]:
        """Return those of some pruned releases of which anything is in the base path still: one listing."""
        return set(numbers) & self.shown() if numbers else set()

    def freed_by(self, numbers: Iterable[int]) -> Freed:
        """Return what deleting these releases would give back: all of their bytes, for nothing is shared."""
        wanted = {self._folder(number) for number in numbers}
        # One listing of all is less than many of a few, and more than one of a few.
        folders = wanted if len(wanted) <= _FEW else {self._model}
        objects = [each for folder in folders for each in self.bucket.objects(folder)]
        found = (each for each in objects if "/".join(each.key.split("/")[:2]) in wanted)
        return Freed(size=sum(each.size for each in found), shared=0)

    def sweep(self, ledger: Ledger) -> None:
        """Delete the staging that this process began and no committed release needs.

        That of others is left alone, for nothing tells whether they still live; see `leftovers`.
        """
        if not self._begun:
            return
        ledger.refresh()
        needed = {release.staging for release in ledger.unsettled_releases().values()}
        for name in self._begun - needed:
            with contextlib.suppress(StorageError):
                delete_staged(self.bucket, f"{self._area}/{name}")
        self._begun.clear()

    def leftovers(self, ledger: Ledger, *, before: datetime.datetime) -> list[Leftover]:
        """Return the staging that no committed release needs and that was last written to before a moment.

        One listing, however much there is.
        """
        found: dict[str, Leftover] = {}
        start = len(self._area) + 1
        for each in self.bucket.objects(self._area):
            name = each.key[start:].partition("/")[0]
            known = found.get(
                name, Leftover(name, f"{self.bucket.url}/{self._area}/{name}", 0, each.modified)
            )
            found[name] = Leftover(
                name, known.location, known.size + each.size, max(known.modified, each.modified)
            )
        needed = {release.staging for release in ledger.refresh().releases.values()}
        return [one for one in found.values() if one.name not in needed and one.modified < before]

    def _staged(self, release: Release) -> str:
        return f"{self._area}/{release.staging}"

    def _folder(self, number: int) -> str:
        return f"{self._model}/{number}"
