"""Importing an archive into a registry root, whatever it holds."""

from pathlib import Path

import msgspec

from tfx_hallmark.registry.archive.history_import import HistoryImport
from tfx_hallmark.registry.archive.outcome import Imported
from tfx_hallmark.registry.archive.reader import Archive
from tfx_hallmark.registry.archive.version_import import VersionImport
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import check_label
from tfx_hallmark.registry.releases import ReleaseDirectories
from tfx_hallmark.registry.roots import RECORDS
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.storage import LocalStorage


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of an imported version; a history needs none of it.

    Attributes:
        label: The label that moves to its release.
        reason: Why the gate is passed over.
        actor: Who does it.
    """

    label: str | None
    reason: str
    actor: str


class Importer:
    """Imports archives into one root.

    Args:
        root: The registry root.
        settings: What holds in it.
    """

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root = root
        self._settings = settings

    def run(self, archive: Archive, wish: Wish) -> Imported:
        """Import an archive; see `Registry.import_archive`."""
        if archive.header.kind == "history":
            return self._history(archive, wish).run()
        return self._version(archive).run(_label(wish), reason=wish.reason, actor=wish.actor)

    def rehearse(self, archive: Archive, wish: Wish) -> Imported:
        """Return what `run` would do, and change nothing."""
        if archive.header.kind == "history":
            return self._history(archive, wish).rehearse()
        return self._version(archive).rehearse(_label(wish), reason=wish.reason)

    def _history(self, archive: Archive, wish: Wish) -> HistoryImport:
        if wish.label is not None:
            msg = f"{archive.path} holds a whole history, whose labels are in it: leave out --to"
            raise ConfigError(msg)
        return HistoryImport(archive, self._root / RECORDS, self._directories(archive), self._settings)

    def _version(self, archive: Archive) -> VersionImport:
        model = archive.header.model
        ledger = Ledger(LocalStorage(self._root / RECORDS / model), model)
        return VersionImport(archive, ledger, self._directories(archive), self._settings)

    def _directories(self, archive: Archive) -> ReleaseDirectories:
        model = archive.header.model
        return ReleaseDirectories(self._root / model, self._root / RECORDS / model / "staging")


def _label(wish: Wish) -> str | None:
    return None if wish.label is None else check_label(wish.label)
