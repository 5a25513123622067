"""One version of a model, as users of the Python API hold it."""

import importlib
from functools import cached_property
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.fetching import directory_of
from tfx_hallmark.registry.golden import GoldenPredictions
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.monitoring.report import MonitoringReport
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.reproduction import ReproductionReport
from tfx_hallmark.registry.signing.bundle import SignatureBundle
from tfx_hallmark.registry.state import VersionState
from tfx_hallmark.registry.training_curve import TrainingCurve
from tfx_hallmark.registry.verdict import Evidence, Verdict


class Version:
    """One trained model, for ever: what it is, what it was made from, how it was judged.

    Attributes:
        model: The model's name.
        state: What the log says of it at the time of the look-up.
    """

    def __init__(self, ledger: Ledger, directories: Releases, state: VersionState) -> None:
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
            LocalRootError: If the root lies in an object store.
        """
        return self._directories.path(self._newest())

    @property
    def location(self) -> str:
        """Where its newest release lies that is still there: its directory, or its URL in an object store.

        Raises:
            NotFoundError: If it has none.
        """
        return self._directories.location_of(self._newest())

    def _newest(self) -> int:
        number = self._ledger.refresh().serving_release(self.state)
        if number is None:
            msg = f"{self} has no release on disk: it is {self.state.status}"
            raise NotFoundError(msg)
        return number

    @cached_property
    def manifest(self) -> Manifest:
        """Everything recorded when it was tagged."""
        return self._ledger.objects.get(self.state.manifest, Manifest)

    @property
    def description(self) -> str:
        """Free text: what was noted last, else what it was tagged with."""
        return self.state.description or self.manifest.description

    @property
    def notes(self) -> dict[str, str]:
        """Key-value notes: those that it was tagged with, and what was made of them since."""
        return {key: note for key, note in {**self.manifest.notes, **self.state.notes}.items() if note}

    @cached_property
    def verdict(self) -> Verdict | None:
        """The gate's last decision on it; None if there is none yet."""
        return None if self.state.verdict is None else self._ledger.objects.get(self.state.verdict, Verdict)

    @cached_property
    def evidence(self) -> Evidence | None:
        """What the gate's last decision rests on, else the newest evaluation on record; None if there is neither."""
        decided = None if self.verdict is None else self.verdict.evidence
        digest = decided or next(reversed(self.state.evidence), None)
        return None if digest is None else self._ledger.objects.get(digest, Evidence)

    def evaluation(self, digest: str) -> Evidence:
        """Return one of its evaluations on further data, as the events `evaluated` name them."""
        return self._ledger.objects.get(digest, Evidence)

    def decision(self, digest: str) -> Verdict:
        """Return one of the gate's decisions on it, as the events `published` and `refused` name them."""
        return self._ledger.objects.get(digest, Verdict)

    @cached_property
    def newest_evaluation(self) -> Evidence | None:
        """What it was measured at when it was last evaluated on further data; None if it never was."""
        digest = next(reversed(self.state.evidence), None)
        return None if digest is None else self._ledger.objects.get(digest, Evidence)

    @cached_property
    def golden_predictions(self) -> GoldenPredictions | None:
        """What it answered to a few requests when it was tagged; None if that is not recorded."""
        golden = self.manifest.golden
        if golden is None or golden.predictions is None:
            return None
        return self._ledger.objects.get(golden.predictions, GoldenPredictions)

    @cached_property
    def training_curve(self) -> TrainingCurve | None:
        """How its training went, epoch by epoch; None if that is not recorded."""
        digest = self.manifest.provenance.training_curve
        return None if digest is None else self._ledger.objects.get(digest, TrainingCurve)

    @cached_property
    def packages(self) -> dict[str, str] | None:
        """Version of every package that was installed where it was made; None if that is not recorded."""
        environment = self.manifest.provenance.environment
        return (
            None
            if environment is None
            else self._ledger.objects.get(environment.all_packages, dict[str, str])
        )

    @cached_property
    def schema_text(self) -> str | None:
        """The schema of its training data in protobuf's text format; None if that is not recorded."""
        data = self.manifest.provenance.data
        return self._text(None if data is None else data.schema_text)

    @cached_property
    def module_source(self) -> str | None:
        """Source of the module that trained it; None if that is not recorded."""
        code = self.manifest.provenance.code
        return self._text(None if code is None else code.module_source)

    @cached_property
    def module_files(self) -> dict[str, str]:
        """The other Python files of the module's folder, by name, as far as their text is recorded."""
        code = self.manifest.provenance.code
        found = {name: self._text(file.source) for name, file in (code.files if code else {}).items()}
        return {name: text for name, text in found.items() if text is not None}

    @cached_property
    def code_diff(self) -> str | None:
        """The changes that were not in its git commit, as `git diff` writes them; None if that is not recorded."""
        code = self.manifest.provenance.code
        return self._text(None if code is None else code.diff)

    def _text(self, digest: str | None) -> str | None:
        return None if digest is None else self._ledger.objects.get(digest, str)

    @cached_property
    def signature(self) -> dict[str, Any] | None:
        """Its newest signature, a Sigstore bundle, unchecked; None if it is not signed."""
        digest = self.state.signature
        return None if digest is None else self._ledger.objects.get(digest, dict[str, Any])

    @property
    def signed_by(self) -> str | None:
        """Fingerprint of the key of that signature, as it claims; None if there is none."""
        digest = self.state.signature
        return None if digest is None else self._ledger.objects.get(digest, SignatureBundle).key

    @property
    def reproductions(self) -> list[ReproductionReport]:
        """How near second trainings of it came, oldest first; see `hallmark reproduce`."""
        return [self._ledger.objects.get(digest, ReproductionReport) for digest in self.state.reproductions]

    @property
    def monitorings(self) -> list[MonitoringReport]:
        """What monitoring found while it was stable, oldest first; see docs/monitoring.md."""
        return [self.monitoring(digest) for digest in self.state.monitorings]

    def monitoring(self, digest: str) -> MonitoringReport:
        """Return one report of monitoring, as the events `monitored` name them."""
        return self._ledger.objects.get(digest, MonitoringReport)

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
        with directory_of(self._ledger, self._directories, self._newest()) as path:
            return importlib.import_module("tensorflow").saved_model.load(str(path))

    def _repr_html_(self) -> str:
        """Show it as a table in a notebook."""
        from tfx_hallmark.registry.notebook_html import version_html

        return version_html(self)
