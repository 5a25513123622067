"""`hallmark verify`: whether releases are still what was published."""

import math

import click
import msgspec

from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted, size
from tfx_hallmark.answers.verification import Verification, Verified
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import no_such_model, open_registry
from tfx_hallmark.registry.errors import CorruptLogError
from tfx_hallmark.registry.examining import verification
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.record_findings import log_damaged
from tfx_hallmark.registry.golden import TOLERANCE
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import check_model_name, parse_reference
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.store_url import Root


class _Target(msgspec.Struct, frozen=True):
    model: str
    which: str | None
    ledger: Ledger
    directories: Releases
    settings: Settings
    numbers: list[int]


@click.command("verify")
@click.argument("targets", metavar="[REF|MODEL]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Verify every model.")
@click.option(
    "--predictions",
    is_flag=True,
    help="Load each REF's release and ask it its version's golden requests, in place of reading it; needs TensorFlow.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    metavar="NUMBER",
    help=f"With --predictions: two numbers agree if they differ by no more than NUMBER * (1 + |recorded|); by default "
    f"{TOLERANCE:g}.",
)
@options.root
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    targets: tuple[str, ...],
    everything: bool,
    predictions: bool,
    tolerance: float | None,
    root: Root | None,
    as_json: bool,
) -> None:
    """Read releases to the last byte and hold them against what was published; exit 1 if anything differs.

    penguin@7 is one release, penguin@1.2.0 all releases of that version, penguin all of the model and its base
    path. Nothing is changed.

    With --predictions, answers count in place of bytes: also under other packages, or where somebody forged the
    records to match other weights.

    \b
    Examples:
      hallmark verify penguin
      hallmark verify penguin@stable penguin@7
      hallmark verify --all --json
      hallmark verify --predictions penguin@stable
    """  # noqa: D301
    if predictions:
        _verify_predictions(
            ctx, targets, everything, TOLERANCE if tolerance is None else tolerance, root, as_json
        )
        return
    if tolerance is not None:
        msg = "--tolerance is for --predictions: bytes are equal or not"
        raise click.UsageError(msg)
    if everything == bool(targets):
        msg = "name a REF or MODEL, or give --all" if not everything else "give either names or --all"
        raise click.UsageError(msg)
    registry = open_registry(root)
    wanted = registry.recorded() if everything else list(targets)
    found = [_open(registry, text) for text in wanted]
    results = [_verify(target) if isinstance(target, _Target) else ([], [target]) for target in found]
    answer = Verification(
        root=as_text(registry.root),
        models=sorted({text.partition("@")[0] for text in wanted}),
        releases=[release for releases, _ in results for release in releases],
        findings=list(dict.fromkeys(finding for _, findings in results for finding in findings)),
    )
    if as_json:
        print_json(answer)
    else:
        _print(answer, [(text, *result) for text, result in zip(wanted, results, strict=True)])
    if answer.findings:
        ctx.exit(1)


def _verify_predictions(
    ctx: click.Context,
    references: tuple[str, ...],
    everything: bool,
    tolerance: float,
    root: Root | None,
    as_json: bool,
) -> None:
    if not math.isfinite(tolerance):
        msg = f"--tolerance is {tolerance}: give a number, as 1e-5"
        raise click.UsageError(msg)
    if everything or not references or not all("@" in reference for reference in references):
        msg = "--predictions takes each REF by itself, as penguin@stable or penguin@7"
        raise click.UsageError(msg)
    from tfx_hallmark.cli.predictions_check import check_predictions, print_predictions

    answer = check_predictions(open_registry(root), references, tolerance)
    if as_json:
        print_json(answer)
    else:
        print_predictions(answer)
    if not answer.agrees:
        ctx.exit(1)


def _open(registry: Registry, text: str) -> _Target | Finding:
    """Find out what is to be read, before anything is; or say that the log cannot be."""
    model, at, _ = text.partition("@")
    which = parse_reference(text).value if at else None
    storage, directories = registry.places(check_model_name(model))
    try:
        ledger = Ledger(storage, model)
        state = ledger.refresh()
    except CorruptLogError as error:
        return log_damaged(model, error)
    if state.seq == 0:
        raise no_such_model(registry, model)
    numbers = verification.releases_of(state, which)
    return _Target(model, which, ledger, directories, registry.settings.read(), numbers)


def _verify(target: _Target) -> tuple[list[Verified], list[Finding]]:
    from tfx_hallmark.cli.progress import Stages

    releases = []
    findings: list[Finding] = []
    run = verification.Verification(
        target.ledger.refresh, target.ledger.objects, target.directories, target.settings
    ).run
    with Stages(target.model) as stages:
        for release in run(target.numbers, progress=stages("bytes")):
            findings += release.findings
            releases.append(
                Verified(
                    model=release.model,
                    version=release.version,
                    release=release.release,
                    path=as_text(release.location),
                    files=release.files,
                    size=release.size,
                    findings=len(release.findings),
                )
            )
    if target.which is None:
        findings += verification.base_path_findings(target.ledger, target.directories)
    return releases, findings


def _print(answer: Verification, results: list[tuple[str, list[Verified], list[Finding]]]) -> None:
    from tfx_hallmark.cli.finding_lines import print_findings
    from tfx_hallmark.cli.tables import Page

    page = Page()
    print_findings(page, answer.findings)
    for text, releases, findings in results:
        files = counted(sum(release.files for release in releases), "file")
        read = (
            f"{counted(len(releases), 'release')}, {files}, {size(sum(release.size for release in releases))}"
        )
        page.line((text, "bold"), f": {read}: ", _outcome(findings))


def _outcome(findings: list[Finding]) -> tuple[str, str]:
    return (counted(len(findings), "finding"), "red") if findings else ("as published", "green")
