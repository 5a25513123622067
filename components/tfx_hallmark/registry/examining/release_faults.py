"""Which releases are not where the log says: committed and not shown, gone, or pruned and still there."""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from tfx_hallmark.registry.additions import additions_to
from tfx_hallmark.registry.errors import DigestMismatchError, ForeignEntryError
from tfx_hallmark.registry.examining.fault import Cure, Fault
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.record_findings import release_missing
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.retention.retiring import require_own, retire
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.state import STABLE, Release, VersionState


class ReleaseExamination:
    """Looks for the releases of a model that are not where the log says.

    Args:
        ledger: The model's records, which can be read.
        releases: Where its releases lie.
        settings: What holds in the root.
    """

    def __init__(self, ledger: Ledger, releases: Releases, settings: Settings) -> None:
        self._ledger = ledger
        self._releases = releases
        self._settings = settings
        self._shown = releases.shown()
        # Listed first: whatever was in the base path by then is in the log by now.
        self._state = ledger.refresh()
        self._unsettled = ledger.unsettled_releases()

    def faults(self) -> Iterator[Fault]:
        """Yield them, by number."""
        for number, release in sorted(self._state.releases.items()):
            if number in self._state.versions[release.version].pruned:
                if number in self._shown:
                    yield self._not_deleted(number)
            elif not self._is_whole(number):
                yield from self._absent(number, release)

    def _is_whole(self, number: int) -> bool:
        # In an object store something of it is shown while it is being exposed; elsewhere all of it or nothing.
        if number in self._shown and number not in self._unsettled:
            return True
        return self._releases.is_there(number)

    def _absent(self, number: int, release: Release) -> Iterator[Fault]:
        waiting = self._releases.waiting(release) if release.staging else None
        if waiting is not None:
            what = f"it was committed, but lies in {waiting} still: the process that made it was killed"
            finding = self._interrupted("release-not-exposed", number, what)
            expose = self._then_swept(partial(self._releases.expose, number, release))
            yield Fault(finding=finding, cure=Cure(f"give it its number {number}", expose))
        elif not (release.staging and self._releases.unexposed({number: release})):
            # Else the process that committed it is about to expose it.
            yield self._missing(number, self._state.versions[release.version])

    def _missing(self, number: int, version: VersionState) -> Fault:
        location = self._releases.location_of(number)
        finding = release_missing(f"{self._state.model}@{version.version}", number, location)
        here = self._shown.intersection(version.releases) - set(version.pruned)
        if not here:
            return Fault(finding=finding)
        if not self._may_come_back(number, version):
            repair = f"nothing, if it was taken away so that it does not serve; else {finding.repair}"
            return Fault(finding=msgspec.structs.replace(finding, repair=repair))
        sibling = max(here)
        repair = f"hallmark doctor --fix, which makes it anew from release {sibling}; or {finding.repair}"
        restore = self._then_swept(partial(self._restore, number, version, sibling))
        return Fault(
            finding=msgspec.structs.replace(finding, repair=repair),
            cure=Cure(f"make it anew from release {sibling}, which holds the same version", restore),
        )

    def _may_come_back(self, number: int, version: VersionState) -> bool:
        """Tell whether a release can be there again and TF Serving serve nothing by it that it should not."""
        if version.quarantined is not None:
            return False
        stable = self._state.labels.get(STABLE)
        return self._settings.serving_policy == "labels" or (stable is not None and number <= stable)

    def _restore(self, number: int, version: VersionState, sibling: int) -> None:
        if self._releases.is_there(number):
            return
        content = self._releases.digest(sibling)
        if content.digest != version.digest:
            msg = (
                f"{self._releases.location_of(sibling)} no longer holds {self._state.model}@{version.version} "
                "itself: push the same model again"
            )
            raise DigestMismatchError(msg)
        additions = additions_to(self._state.model, version, self._ledger.objects)
        with self._releases.stage() as staged:
            staged.repeat(sibling, content)
            staged.finish(additions)
            self._releases.expose(number, Release(version.version, "", staged.name))

    def _not_deleted(self, number: int) -> Fault:
        location = self._releases.location_of(number)
        what = f"the log says that it was pruned, but {location} is there, and may be served"
        if number in self._ledger.unsettled_prunings() and self._is_own(number):
            finding = self._interrupted("release-not-deleted", number, f"{what}: the pruning was cut off")
            finish = self._then_swept(partial(retire, self._releases, number, self._state))
            return Fault(finding=finding, cure=Cure("finish deleting it", finish))
        # Long after its pruning, somebody put it back, or put something else there.
        repair = "move the directory out of the base path"
        where = self._where(number)
        return Fault(finding=Finding(code="release-not-deleted", where=where, what=what, repair=repair))

    def _is_own(self, number: int) -> bool:
        try:
            require_own(self._releases, number, self._state)
        except ForeignEntryError:
            return False
        return True

    def _interrupted(self, code: str, number: int, what: str) -> Finding:
        repair = f"hallmark doctor --fix, or any other command: hallmark live {self._state.model}"
        return Finding(code=code, where=self._where(number), what=what, repair=repair)

    def _where(self, number: int) -> str:
        return f"{self._state.model}@{self._state.releases[number].version} release {number}"

    def _then_swept(self, mend: Callable[[], object]) -> Callable[[], None]:
        """Return what mends, and deletes the staging folder that is left of it."""

        def mend_and_sweep() -> None:
            try:
                mend()
            finally:
                self._releases.sweep(self._ledger)

        return mend_and_sweep
