"""One version of a model, as users of the Python API hold it."""

import importlib
from functools import cached_property
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.releases import ReleaseDirectories
from tfx_hallmark.registry.state import VersionState
from tfx_hallmark.registry.verdict import Evidence, Verdict


class Version:
    """One trained model, for ever: what it is, what it was made from, how it was judged.

    Attributes:
        model: The model's name.
        state: What the log says of it at the time of the look-up.
    """

    def __init__(self, ledger: Ledger, directories: ReleaseDirectories, state: VersionState) -> None:
        self.model = ledger.model
        self.state = state
        self._ledger = ledger
        self._directories = directories

    def __repr__(self) -> str:
        return f"<Version {self} {self.state.status}>"

    def __str__(self) -> str:
        return f"{self.model}@{self.state.version}"

    @property
    def version(self) -> str:
        """Semantic version."""
        return self.state.version

    @property
    def digest(self) -> str:
        """Content digest, `b3:` and 64 hex digits."""
        return self.state.digest

    @property
    def releases(self) -> tuple[int, ...]:
        """Its release numbers, oldest first."""
        return tuple(self.state.releases)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that point to it now, sorted."""
        labels = self._ledger.refresh().labels
        return tuple(sorted(label for label, release in labels.items() if release in self.state.releases))

    @property
    def path(self) -> Path:
        """Directory of its newest release that is still there.

        Raises:
            NotFoundError: If it has none.
        """
        number = self._ledger.refresh().serving_release(self.state)
        if number is None:
            msg = f"{self} has no release on disk: it is {self.state.status}"
            raise NotFoundError(msg)
        return self._directories.path(number)

    @cached_property
    def manifest(self) -> Manifest:
        """Everything recorded when it was tagged."""
        return self._ledger.objects.get(self.state.manifest, Manifest)

    @cached_property
    def verdict(self) -> Verdict | None:
        """The gate's last decision on it; None if there is none yet."""
        return None if self.state.verdict is None else self._ledger.objects.get(self.state.verdict, Verdict)

    @cached_property
    def evidence(self) -> Evidence | None:
        """What that decision rests on; None if there is none, as after an override."""
        if self.verdict is None or self.verdict.evidence is None:
            return None
        return self._ledger.objects.get(self.verdict.evidence, Evidence)

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Its metrics by slice, then by name; empty if it was never evaluated."""
        found: dict[str, dict[str, float]] = {}
        for measured in self.evidence.metrics if self.evidence else ():
            if measured.value is not None:
                found.setdefault(measured.slice, {})[measured.metric] = measured.value
        return found

    def load(self) -> Any:
        """Load its newest release with `tf.saved_model.load`.

        Returns:
            What TensorFlow returns: a trackable object with `.signatures`.

        Raises:
            NotFoundError: If it has no release on disk.
            ImportError: If TensorFlow is not installed here.
        """
        # By name, so that nothing here depends on TensorFlow until somebody asks for the model itself.
        return importlib.import_module("tensorflow").saved_model.load(str(self.path))

    def _repr_html_(self) -> str:
        """Show it as a table in a notebook."""
        from tfx_hallmark.registry.notebook_html import version_html

        return version_html(self)
