"""What the pages read: the registry's models, each open once and used by one thread at a time."""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

if TYPE_CHECKING:
    from tfx_hallmark.lineage.lineage import Lineage


class Source:
    """Live access to a registry, and to its lineage if ML Metadata is given.

    Args:
        settings: Where both are.

    Raises:
        NotFoundError: If the root is no registry.
    """

    def __init__(self, settings: Settings) -> None:
        self.registry = Registry.open(settings.root)
        self._settings = settings
        self._lock = threading.Lock()
        self._models: dict[str, tuple[threading.Lock, Model]] = {}

    def names(self) -> list[str]:
        """Return the names of the models, sorted."""
        return self.registry.models()

    @contextlib.contextmanager
    def model(self, name: str) -> Iterator[Model]:
        """Give a model, up to date, to this thread alone.

        Its state changes with the next request: take what is shown out of it inside the block.

        Raises:
            InvalidNameError: If the name cannot be a model's.
            NotFoundError: If the registry has no such model.
            CorruptLogError: If its log is damaged.
        """
        known = self._models.get(name)
        if known is None:
            # Outside the lock, for a long log takes a second; of two that are opened at once one is kept.
            opened = self.registry.model(name)
            # Not kept unless it exists: the names in requests are anybody's.
            if opened.state.seq == 0:
                msg = f"there is no model {name!r}"
                raise NotFoundError(msg)
            with self._lock:
                known = self._models.setdefault(name, (threading.Lock(), opened))
        lock, model = known
        with lock:
            yield model

    @property
    def has_lineage(self) -> bool:
        """Whether ML Metadata is given."""
        return self._settings.metadata is not None

    def lineage(self) -> "Lineage":
        """Return the lineage of this registry's versions.

        Raises:
            NotFoundError: If no ML Metadata is given.
            MetadataError: If the store cannot be used.
        """
        if self._settings.metadata is None:
            msg = "no metadata store is given: start the page with --metadata"
            raise NotFoundError(msg)
        from tfx_hallmark.lineage.lineage import Lineage

        return Lineage.open(self.registry, self._settings.metadata)
