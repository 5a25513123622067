"""Evaluates what serves on new data by TFMA, and puts that on record, once."""

import contextlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfx_hallmark.evidence.evaluating import evaluate
from tfx_hallmark.registry.evaluations import evaluation_summary
from tfx_hallmark.registry.event_kinds import Evaluated
from tfx_hallmark.registry.gating.measurement import values_of
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.monitoring.holding import Watched
from tfx_hallmark.registry.monitoring.report import MeasuredVersion, Role
from tfx_hallmark.registry.objects import object_digest
from tfx_hallmark.registry.verdict import Evidence


class Measuring:
    """Evaluates versions on one piece of data.

    Args:
        model: The model.
        data: Where the data lies, as it goes on record.
        place: Where its examples lie: the folder of a split.
        eval_config: A `tfma.EvalConfig` as JSON.
        beam_arguments: Options of Beam.
        reason: Why, for the record.

    Attributes:
        data: Where the data lies.
        measured: What was evaluated so far.
    """

    def __init__(
        self,
        model: Model,
        *,
        data: str,
        place: str,
        eval_config: str,
        beam_arguments: Sequence[str],
        reason: str,
    ) -> None:
        self.measured: list[MeasuredVersion] = []
        self._model = model
        self.data = data
        self._place = place
        self._eval_config = eval_config
        self._beam_arguments = beam_arguments
        self._reason = reason

    def measure(self, releases: Mapping[Role, tuple[str, int]]) -> dict[Role, Watched]:
        """Evaluate versions, each on record as an event `evaluated`; nothing is recorded unless all could be.

        Args:
            releases: Version and release by what it is in service.

        Raises:
            NotFoundError: If the files of a release are gone.
            DataError: If the data cannot be evaluated on.
            EvidenceError: If TFMA cannot evaluate a version.
            ConfigError: If the EvalConfig or Beam's options cannot be used.
        """
        with contextlib.ExitStack() as stack:
            models = {
                version: stack.enter_context(self._model.directory_of(release))
                for version, release in releases.values()
            }
            output = stack.enter_context(tempfile.TemporaryDirectory(prefix="hallmark-"))
            found = evaluate(
                models,
                eval_config=self._eval_config,
                examples=[self._place],
                beam_arguments=self._beam_arguments,
                output=Path(output),
            )
        for role, (version, _) in releases.items():
            self._record(role, version, found[version])
        return {role: Watched(version, values_of(found[version])) for role, (version, _) in releases.items()}

    def _record(self, role: Role, version: str, evidence: Evidence) -> None:
        digest = object_digest(evidence)
        if not self._is_recorded(version, digest):
            self._model.record_evaluation(version, evidence, data=self.data, reason=self._reason)
        summary = evaluation_summary(evidence)
        self.measured.append(MeasuredVersion(version=version, role=role, evidence=digest, summary=summary))

    def _is_recorded(self, version: str, digest: str) -> bool:
        """Tell whether an earlier attempt of this task recorded the same."""
        if digest not in self._model.state.versions[version].evidence:
            return False
        told = (event.data for event in self._model.newest_first() if isinstance(event.data, Evaluated))
        return any((one.version, one.evidence, one.data) == (version, digest, self.data) for one in told)
