"""The option `--on` of `hallmark compare`: evaluates the versions on further data before they are compared."""

import contextlib
import functools
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tfx_hallmark.cli.quiet import quiet
from tfx_hallmark.registry.errors import ConfigError, NotFoundError
from tfx_hallmark.registry.evaluations import with_evaluations

if TYPE_CHECKING:
    from tfx_hallmark.registry.comparison import VersionComparison
    from tfx_hallmark.registry.model import Model
    from tfx_hallmark.registry.verdict import Evidence
    from tfx_hallmark.registry.version import Version

_DEPENDENT = ("eval_config", "beam_arguments", "record", "why")  # what means nothing without --on


class FurtherData(msgspec.Struct, frozen=True, kw_only=True):
    """What to evaluate versions on, and how.

    Attributes:
        place: Where the examples lie, as it was given.
        eval_config: File with the EvalConfig; None for the newest version's own.
        beam_arguments: Options of Beam; empty for its runner in this process.
        record: Whether to put the results on record.
        reason: Why, for the record.
    """

    place: str
    eval_config: Path | None
    beam_arguments: tuple[str, ...]
    record: bool
    reason: str


def on_further_data(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--on` and what belongs to it to a command, which gets a `FurtherData` or None as `on`."""

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        place = given.pop("on")
        rest = {name: given.pop(name) for name in _DEPENDENT}
        if place is None and (
            rest["eval_config"] or rest["beam_arguments"] or rest["why"] or not rest["record"]
        ):
            msg = "--eval-config, --beam-arg, --reason and --no-record are about --on DATA: give that too"
            raise click.UsageError(msg)
        rest["reason"] = rest.pop("why")
        command(on=None if place is None else FurtherData(place=place, **rest), **given)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


_OPTIONS = (
    click.option(
        "--on",
        metavar="DATA",
        help="Evaluate the versions with TFMA on this data first, and show how they do there: TFRecord files of "
        "labelled examples, a glob of them, a split, or an Examples artifact (its split 'eval').",
    ),
    click.option(
        "--eval-config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="With --on: a tfma.EvalConfig as JSON; by default the one that the newest of the versions was "
        "evaluated by.",
    ),
    click.option(
        "--beam-arg",
        "beam_arguments",
        multiple=True,
        metavar="OPTION",
        help="With --on: an option of Beam, --beam-arg=--runner=...; repeat it for more. By default Beam runs here.",
    ),
    click.option("--record/--no-record", default=True, help="With --on: whether the results go on record."),
    click.option("--reason", "why", default="", metavar="TEXT", help="With --on: why; it stays on record."),
)


def compared_on(
    data: FurtherData, model: "Model", versions: "Sequence[Version]", comparison: "VersionComparison"
) -> "VersionComparison":
    """Evaluate versions on further data, put the results on record, and return the comparison with them.

    Nothing is recorded unless all of them could be evaluated.

    Args:
        data: The data, and how to evaluate on it.
        model: Their model.
        versions: The versions that are compared, in their order.
        comparison: Their comparison.

    Raises:
        ConfigError: If TFX is not installed, or the EvalConfig or Beam's options cannot be used.
        NotFoundError: If the files of a version are gone.
        DataError: If the data cannot be evaluated on.
        EvidenceError: If TFMA cannot evaluate a version.
    """
    releases = {version.version: _release_of(version) for version in versions}
    config = _eval_config(data, versions)
    found = _evaluated(data, model, releases, config)
    if data.record:
        for name, evidence in found.items():
            model.record_evaluation(name, evidence, data=data.place, reason=data.reason)
    return with_evaluations(comparison, data.place, [found[version.version] for version in versions])


def _release_of(version: "Version") -> int:
    release = max((one for one in version.releases if one not in version.state.pruned), default=None)
    if release is None:
        why = (
            "its files were deleted"
            if version.releases
            else f"it is {version.state.standing}, without a release"
        )
        msg = f"{version} cannot be evaluated, for {why}: push its model again, or leave it out"
        raise NotFoundError(msg)
    return release


def _eval_config(data: FurtherData, versions: "Sequence[Version]") -> str:
    if data.eval_config is not None:
        return data.eval_config.read_text(encoding="utf-8", errors="replace")
    newest_first = sorted(versions, key=lambda version: version.state.created, reverse=True)
    for version in newest_first:
        if version.evidence is not None and version.evidence.eval_config:
            return version.evidence.eval_config
    msg = "none of these versions was evaluated by an EvalConfig that is on record: give one with --eval-config FILE"
    raise ConfigError(msg)


def _evaluated(
    data: FurtherData, model: "Model", releases: dict[str, int], config: str
) -> "dict[str, Evidence]":
    _tell(f"loading TensorFlow Model Analysis to evaluate on {data.place} ...")
    with quiet(), contextlib.ExitStack() as stack:
        from tfx_hallmark.evidence.evaluating import IN_MEMORY, evaluate

        models = {
            name: stack.enter_context(model.directory_of(release)) for name, release in releases.items()
        }
        output = stack.enter_context(tempfile.TemporaryDirectory(prefix="hallmark-"))
        turns = iter(range(1, len(models) + 1))
        return evaluate(
            models,
            eval_config=config,
            examples=[data.place],
            beam_arguments=data.beam_arguments or IN_MEMORY,
            output=Path(output),
            begins=lambda name: _tell(f"evaluating {model.name}@{name} ({next(turns)} of {len(models)}) ..."),
        )


def _tell(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
