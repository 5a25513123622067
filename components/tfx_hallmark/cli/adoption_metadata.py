"""What ML Metadata knows of the releases that `hallmark adopt` takes over, as the registry wants it told."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_hallmark.cli.quiet import quiet
from tfx_hallmark.registry.adoption.outcome import PushRecord
from tfx_hallmark.registry.errors import HallmarkError

if TYPE_CHECKING:
    from tfx_hallmark.lineage.connection.address import Connection
    from tfx_hallmark.lineage.reading.pushed_models import Pushed
    from tfx_hallmark.registry.verdict import Evidence

_TFMA = "tensorflow_model_analysis"


class AdoptionMetadata:
    """Looks up releases in ML Metadata; a call gives the record of one number.

    Args:
        connection: Where it is.
        base: The base path.

    Attributes:
        found: The numbers of which a PushedModel was found.
        unread: Why the evaluation of a number was not read, by number.

    Raises:
        MetadataError: If it cannot be read.
    """

    def __init__(self, connection: "Connection", base: Path) -> None:
        from tfx_hallmark.lineage.connection.address import address_of
        from tfx_hallmark.lineage.connection.store import open_store
        from tfx_hallmark.lineage.reading.calls import Reader
        from tfx_hallmark.lineage.reading.pushed_models import PushedModels

        reader = Reader(open_store(connection), address_of(connection))
        self._pushed = PushedModels(reader, base).found
        self._records: dict[int, PushRecord] = {}
        self.found = frozenset(self._pushed)
        self.unread: dict[int, str] = {}

    def __call__(self, number: int) -> PushRecord:
        """Return what is known of a release; nothing if no PushedModel tells of it."""
        if number not in self._records:
            pushed = self._pushed.get(number)
            self._records[number] = PushRecord() if pushed is None else self._record(number, pushed)
        return self._records[number]

    def _record(self, number: int, pushed: "Pushed") -> PushRecord:
        notes = {"pushed model artifact": str(pushed.artifact)}
        if pushed.blessed is not None:
            notes["blessing"] = "blessed by TFX's Evaluator" if pushed.blessed else "not blessed"
        evidence = self._evidence(number, pushed)
        run = pushed.provenance.run
        made_by = f" in run {run.run_id}" if run is not None and run.run_id else ""
        outcome = "blessed it" if pushed.blessed else "did not bless it"
        return PushRecord(
            provenance=pushed.provenance,
            notes=notes,
            evidence=evidence,
            summary=f"TFX's Evaluator {outcome}{made_by}",
        )

    def _evidence(self, number: int, pushed: "Pushed") -> "Evidence | None":
        if pushed.evaluation is None:
            return None
        if importlib.util.find_spec(_TFMA) is None:
            self.unread[number] = (
                f"{pushed.evaluation} cannot be read without TensorFlow Model Analysis: "
                "pip install 'tfx-hallmark[tfx]', then adopt again"
            )
            return None
        try:
            with quiet():
                from tfx_hallmark.evidence.tfma_results import read_evidence

                result = read_evidence(pushed.evaluation, validated=pushed.blessed is not None)
        except (HallmarkError, ImportError) as error:
            self.unread[number] = str(error)
            return None
        if pushed.model_uri and not Path(result.candidate).is_relative_to(pushed.model_uri):
            self.unread[number] = (
                f"{pushed.evaluation} is of another model ({result.candidate}, not {pushed.model_uri})"
            )
            return None
        return result.evidence
