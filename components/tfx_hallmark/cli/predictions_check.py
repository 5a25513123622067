"""Asks releases the golden requests of their versions; what `hallmark verify --predictions` does."""

from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted
from tfx_hallmark.answers.verification import PredictionsChecked, PredictionVerification
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.quiet import quiet
from tfx_hallmark.cli.root import open_to_operate
from tfx_hallmark.registry.environments import EnvironmentDifference, environment_differences
from tfx_hallmark.registry.errors import HallmarkError, NotFoundError, PredictionError
from tfx_hallmark.registry.golden import GoldenPredictions, OutputDifference, differences
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.version import Version

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page

_FEW = 5  # other packages that are named
_MAY_EXPLAIN = (
    "what differs from where they were made, and may explain small differences; it explains no large ones, and then "
    "the model's weights or graph are not what was tagged:"
)


class _Target(msgspec.Struct, frozen=True):
    model: Model
    version: Version
    release: int
    golden: GoldenPredictions


def check_predictions(
    registry: Registry, references: tuple[str, ...], tolerance: float
) -> PredictionVerification:
    """Ask releases the requests that were kept when their versions were tagged.

    Args:
        registry: The registry.
        references: A release, as `penguin@7`, or a version, whose newest release is asked.
        tolerance: By how much floating-point numbers may differ; see `golden.differences`.

    Raises:
        InvalidNameError: If one of them is no reference.
        NotFoundError: If there is no such version, or none of its releases is there.
        PredictionError: If a version has no golden predictions, or a release cannot be asked.
    """
    # All of them first: loading takes seconds.
    targets = [_target(registry, reference) for reference in references]
    with quiet():
        checked = [_check(target, tolerance) for target in targets]
    return PredictionVerification(
        root=as_text(registry.root),
        tolerance=tolerance,
        agrees=all(release.agrees for release in checked),
        releases=checked,
    )


def _target(registry: Registry, text: str) -> _Target:
    reference = parse_reference(text)
    model = open_to_operate(registry, reference.model, dry_run=True)
    version = model.version(reference.value)
    release = (
        int(reference.value) if reference.kind == "release" else model.state.serving_release(version.state)
    )
    if release is None:
        msg = f"{version} has no release to ask: it is {version.state.status}"
        raise NotFoundError(msg)
    golden = version.golden_predictions
    if golden is None:
        kept = version.manifest.golden
        why = kept.note if kept else "none were kept when it was tagged or adopted"
        msg = f"{version} has no golden predictions: {why}"
        raise PredictionError(msg)
    return _Target(model, version, release, golden)


def _check(target: _Target, tolerance: float) -> PredictionsChecked:
    from tfx_hallmark.evidence.predictions import predict

    golden = target.golden
    where = f"{target.version} release {target.release}"
    with said_if_slow(f"loading {where}"), target.model.directory_of(target.release) as path:
        found = predict(path, golden.signature, golden.inputs)
    outputs = differences(golden.outputs, found, tolerance=tolerance)
    return PredictionsChecked(
        model=target.version.model,
        version=target.version.version,
        release=target.release,
        path=as_text(target.model.location_of(target.release)),
        signature=golden.signature,
        requests=golden.requests,
        outputs=outputs,
        agrees=all(output.within for output in outputs),
        environment=_environment(target.version),
    )


def _environment(version: Version) -> tuple[EnvironmentDifference, ...] | None:
    from tfx_hallmark.evidence.environment import installed_packages, present_environment

    recorded = version.manifest.provenance.environment
    if recorded is None:
        return None
    try:
        listed = version.packages
    except HallmarkError:
        listed = None  # the few that bear on numbers are in the manifest itself
    return environment_differences(
        recorded,
        present_environment(trained_here=True),
        recorded_packages=listed,
        packages=installed_packages(),
    )


def print_predictions(answer: PredictionVerification) -> None:
    """Print what came of it."""
    from tfx_hallmark.cli.tables import Page

    page = Page()
    for release in answer.releases:
        outcome = ("as recorded", "green") if release.agrees else ("not what was recorded", "red")
        asked = (
            f"{counted(release.requests, 'request')} to {release.signature}, tolerance {answer.tolerance:g}: "
        )
        page.line(
            (f"{release.model}@{release.version} release {release.release}", "bold"), f": {asked}", outcome
        )
        headers = ("output", "numbers", "beyond", "absolute", "relative", "")
        page.table(headers, [_row(output) for output in release.outputs], right=(1, 2, 3, 4))
        _print_environment(page, release)


def _row(output: OutputDifference) -> tuple[str, str, str, str, str, str]:
    absolute, relative = ("" if gap is None else f"{gap:.2g}" for gap in (output.absolute, output.relative))
    return output.output, f"{output.elements:,}", f"{output.beyond:,}", absolute, relative, output.problem


def _print_environment(page: "Page", release: PredictionsChecked) -> None:
    if release.environment is None:
        page.line("it is not on record where they were made")
        return
    bearing = [one for one in release.environment if one.bearing]
    if not bearing:
        told = "no package or processor that bears on numbers differs from where they were made"
        page.line(told if release.agrees else f"{told}: the model's weights or graph are not what was tagged")
    else:
        page.line("what differs from where they were made:" if release.agrees else _MAY_EXPLAIN)
        page.facts((f"  {one.name}", f"{one.recorded or 'none'} -> {one.here or 'none'}") for one in bearing)
    others = [one.name.removeprefix("package ") for one in release.environment if not one.bearing]
    if others:
        more = f" and {len(others) - _FEW:,} more" if len(others) > _FEW else ""
        page.line(f"  {counted(len(others), 'other package')} too: {', '.join(others[:_FEW])}{more}")
