"""Trains a version a second time, and says how near the result comes to the first."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tfx_hallmark.registry.errors import (
    ConfigError,
    HallmarkError,
    NotFoundError,
    ReproductionError,
    StorageError,
)
from tfx_hallmark.registry.golden import GoldenPredictions, OutputDifference
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.reproduction import MetricDistance, ReproductionReport, WeightsCompared
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.registry.verdict import Evidence
from tfx_hallmark.registry.version import Version
from tfx_hallmark.reproduction.distances import metric_distance, prediction_distance
from tfx_hallmark.reproduction.outcome import outcome_of, summary_of
from tfx_hallmark.reproduction.preparing import Prepared, untold
from tfx_hallmark.reproduction.reasons import reasons
from tfx_hallmark.reproduction.retraining import Retrained, retrain
from tfx_hallmark.reproduction.weights import compare_weights

DEFAULT_TOLERANCE = 1e-5
_SAVED_MODEL = "Format-Serving"  # tfx/utils/path_utils.py, under a Model artifact


def reproduce(
    model: Model,
    prepared: Prepared,
    *,
    tolerance: float = DEFAULT_TOLERANCE,
    eval_examples: Sequence[str] = (),
    keep: Path | None = None,
    begins: Callable[[str], None] = untold,
) -> ReproductionReport:
    """Train a version a second time in a process of its own, and compare; nothing of the registry is touched.

    The weights are compared to the bit. Where they differ, or Transform ran again, the golden requests are sent to the
    second training; where these say that it is another model, or there are none, TFMA evaluates both.
    `Model.record_reproduction` puts the report on record.

    Args:
        model: The model that the version is of.
        prepared: What to train from, see `preparing.prepare`.
        tolerance: Two numbers are the same if they differ by no more than `tolerance * (1 + |recorded|)`.
        eval_examples: TFRecord files or folders to evaluate on; by default the examples on record.
        keep: Folder that must not be there yet, for the second training (`model`) and its log.
        begins: Told what begins now.

    Raises:
        ReproductionError: If something that is needed is missing, or the training fails; then its log is kept.
        ConfigError: If the folder to keep it in is there already, or the tolerance is none.
        StorageError: If there is no room.
    """
    prepared.check()
    _check(tolerance, keep)
    scratch = Path(tempfile.mkdtemp(prefix="hallmark-reproduce-"))
    try:
        retrained = retrain(prepared, scratch, begins=begins)
        with _files_of(model, prepared.version) as recorded:
            report = _compare(prepared, retrained, recorded, scratch, tolerance, eval_examples, begins=begins)
        if keep is not None:
            _keep(retrained, keep)
    except ReproductionError:
        _leave_logs(scratch)
        raise
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    shutil.rmtree(scratch, ignore_errors=True)
    return report


def _leave_logs(scratch: Path) -> None:
    """Delete what a failed training has made; the message names its log."""
    for folder in scratch.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def _check(tolerance: float, keep: Path | None) -> None:
    if not tolerance >= 0:
        msg = f"tolerance {tolerance} is none: give a number that is not negative"
        raise ConfigError(msg)
    if keep is not None and keep.exists():
        msg = f"{keep} is there already: give a folder that is not"
        raise ConfigError(msg)


def _compare(
    prepared: Prepared,
    retrained: Retrained,
    recorded: Path | None,
    scratch: Path,
    tolerance: float,
    eval_examples: Sequence[str],
    *,
    begins: Callable[[str], None],
) -> ReproductionReport:
    version = prepared.version
    begins("comparing weights")
    weights = compare_weights(version.manifest, recorded, retrained.model)
    why = list(reasons(prepared.plan, weights, transform=prepared.transform))
    predictions: tuple[OutputDifference, ...] = ()
    metrics: tuple[MetricDistance, ...] = ()
    # What the training took is not thrown away for an object that was lost.
    golden: GoldenPredictions | None = None
    with _noted(why, "the golden requests could not be read"):
        golden = version.golden_predictions
    # A graph made anew has constants of its own, which are no weights.
    if golden is not None and (not weights.bit_equal or prepared.transform):
        begins(f"asking {golden.requests} golden requests")
        with _noted(why, "the golden requests could not be asked"):
            predictions = prediction_distance(golden, retrained.model, tolerance)
    if not _enough(weights, predictions, transform=prepared.transform):
        examples = eval_examples or _examples(prepared)
        evidence: Evidence | None = None
        with _noted(why, "the evaluation on record could not be read"):
            evidence = version.evidence
        if evidence is None or not evidence.eval_config or not examples:
            why.append(_not_evaluated(version, examples))
        else:
            begins("evaluating with TFMA")
            with _noted(why, "metrics could not be measured"):
                metrics = metric_distance(
                    evidence,
                    recorded,
                    retrained.model,
                    examples=examples,
                    tolerance=tolerance,
                    output=scratch / "evaluation",
                )
    outcome = outcome_of(weights, predictions, metrics)
    return ReproductionReport(
        model=version.model,
        version=version.version,
        digest=version.digest,
        outcome=outcome,
        summary=summary_of(
            weights, predictions, metrics, tolerance, requests=golden.requests if golden is not None else 0
        ),
        reasons=() if outcome == "bit_equal" else tuple(why),
        tolerance=tolerance,
        transform=prepared.transform,
        seconds=round(retrained.seconds, 1),
        plan=prepared.plan,
        weights=weights,
        predictions=predictions,
        metrics=metrics,
    )


@contextlib.contextmanager
def _noted(why: list[str], what: str) -> Iterator[None]:
    """Go on without a comparison that cannot be made, and say so."""
    try:
        yield
    except HallmarkError as error:
        why.append(f"{what}: {error}")


def _enough(weights: WeightsCompared, predictions: Sequence[OutputDifference], *, transform: bool) -> bool:
    if predictions:
        return all(output.within for output in predictions)
    return weights.bit_equal and not transform


def _examples(prepared: Prepared) -> tuple[str, ...]:
    """Return the examples that VersionTagger was given, which are ExampleGen's where it was told so."""
    data = prepared.version.manifest.provenance.data
    raw = prepared.recipe.raw_examples
    place = raw.uri if raw is not None else data.uri if data is not None else None
    return () if place is None else (place,)


def _not_evaluated(version: Version, examples: Sequence[str]) -> str:
    if not examples:
        return "metrics were not compared: no examples are on record, give some by --eval-examples"
    return f"metrics were not compared: no evaluation of {version} is on record"


@contextlib.contextmanager
def _files_of(model: Model, version: Version) -> Iterator[Path | None]:
    """Give the files of a version: those of its newest release, else of its Model artifact; None if both are gone."""
    with contextlib.ExitStack() as stack:
        path = None
        release = model.state.serving_release(version.state)
        if release is not None:
            with contextlib.suppress(NotFoundError):
                path = stack.enter_context(model.directory_of(release))
        run = version.manifest.provenance.run
        if path is None and run is not None and "://" not in run.model_uri:
            path = Path(run.model_uri) / _SAVED_MODEL
        intact = path is not None and path.is_dir() and digest_tree(path).digest == version.digest
        yield path if intact else None


def _keep(retrained: Retrained, keep: Path) -> None:
    try:
        keep.mkdir(parents=True)
        shutil.copytree(retrained.model, keep / "model")
        for log in retrained.logs:
            shutil.copy(log, keep / log.name)
    except OSError as error:
        msg = f"{keep} cannot be written ({error.strerror or error}): give another folder by --keep"
        raise StorageError(msg) from error
