"""`hallmark show`: everything that is recorded about one version."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tfx_hallmark.answers.details import Details, describe
from tfx_hallmark.answers.monitored import comparator_name
from tfx_hallmark.answers.text import counted, number, second, size
from tfx_hallmark.answers.training_curve import curve_facts
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.manifest import Code, DataSource, Environment, Manifest, Run
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.savedmodel import Signature
from tfx_hallmark.registry.store_url import Root
from tfx_hallmark.registry.version_facts import tensor_text

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Cell, Page

Fact = tuple[str, "Cell"]
_LOOKS = 5  # at new data, the newest; --json has more


@click.command("show")
@options.reference
@options.root
@options.as_json
def command(reference: str, root: Root | None, as_json: bool) -> None:
    """Show everything that is recorded about one version.

    \b
    Examples:
      hallmark show penguin@stable        what serves by default
      hallmark show penguin@1.2.0         a version
      hallmark show penguin@7             the version behind release 7
      hallmark show penguin@latest --json
    """  # noqa: D301
    named = parse_reference(reference)
    answer = describe(open_model(open_registry(root), named.model), named.value)
    print_json(answer) if as_json else _print(answer)


def _print(answer: Details) -> None:
    from tfx_hallmark.cli.tables import STATUS_STYLES, Page

    page = Page()
    manifest = answer.manifest
    page.line(
        (f"{answer.model} {answer.version}", "bold"), "  ", (answer.status, STATUS_STYLES[answer.status])
    )
    page.facts(_identity(answer))
    _section(page, "Version number", _numbering(manifest))
    page.heading("Signatures")
    page.facts((name, _signature(signature)) for name, signature in manifest.signatures.items())
    made_from = manifest.provenance
    _section(page, "Data", _data(made_from.data) if made_from.data else ())
    _section(page, "Code", _code(made_from.code) if made_from.code else ())
    _section(page, "Hyperparameters", _values(made_from.hyperparameters))
    _section(page, "Training", _training(answer))
    _section(page, "Environment", _environment(made_from.environment) if made_from.environment else ())
    _section(page, "Run", _run(made_from.run) if made_from.run else ())
    _section(page, "Notes", answer.notes.items())
    _print_metrics(page, answer)
    _print_drift(page, answer)
    page.heading("Verdict")
    page.line("none yet: the gate has not decided" if answer.verdict is None else answer.verdict.sentence)


def _section(page: "Page", title: str, facts: Any) -> None:
    """Print a section, unless there is nothing in it."""
    known = list(facts)
    if known:
        page.heading(title)
        page.facts(known)


def _identity(answer: Details) -> Iterator[Fact]:
    manifest = answer.manifest
    if manifest.tag:
        yield "tag", manifest.tag
    yield "digest", manifest.digest
    yield "size", f"{size(manifest.size)} in {counted(len(manifest.files), 'file')}"
    yield "created", second(manifest.created)
    if answer.description:
        yield "description", answer.description
    if answer.quarantine is not None:
        yield "quarantine", (answer.quarantine, "magenta")
    if answer.held is not None:
        yield "held", (answer.held, "cyan")
    if answer.signed_by is not None:
        yield "signed by", f"key {answer.signed_by}"
    for training in answer.reproductions:
        yield "trained again", f"{training.outcome.replace('_', ' ')}: {training.summary}"
    for look in answer.monitored[-_LOOKS:]:
        yield (
            "monitored",
            (f"{look.of}, {look.outcome}: {look.summary}", "red" if look.outcome == "alert" else ""),
        )
    yield "releases", ", ".join(_release(number, answer) for number in answer.releases) or "none"
    for stone in answer.tombstones:
        numbers = ", ".join(map(str, stone.releases))
        yield "files deleted", f"of {numbers}, {second(stone.time)} by {stone.actor}: {stone.reason}"
    yield "labels", ", ".join(answer.labels) or "none"
    if answer.path is not None:
        yield "path", answer.path


def _release(release: int, answer: Details) -> str:
    return f"{release} (pruned)" if release in answer.pruned else str(release)


def _numbering(manifest: Manifest) -> Iterator[Fact]:
    against = f", compared with {manifest.compared_with}" if manifest.compared_with else ""
    yield "bump", f"{manifest.bump}{against}"
    for reason in manifest.reasons:
        yield "because", reason


def _signature(signature: Signature) -> str:
    optional = signature.optional_inputs
    inputs = [
        f"{name}: {tensor_text(spec)}{' (optional)' if name in optional else ''}"
        for name, spec in signature.inputs.items()
    ]
    outputs = [f"{name}: {tensor_text(spec)}" for name, spec in signature.outputs.items()]
    return f"{', '.join(inputs) or 'nothing'} -> {', '.join(outputs) or 'nothing'}"


def _data(data: DataSource) -> Iterator[Fact]:
    yield "examples", data.uri
    if data.splits:
        yield "splits", ", ".join(data.splits)
    yield from _given(
        ("span", data.span),
        ("version", data.version),
        ("digest", data.digest),
        ("schema", data.schema),
        ("statistics", data.statistics),
        ("transform graph", data.transform_graph),
    )


def _code(code: Code) -> Iterator[Fact]:
    yield from _given(("module", code.module), ("module digest", code.module_digest))
    if code.commit is not None:
        yield "git commit", code.commit + (", with uncommitted changes" if code.dirty else "")
    yield from _given(("git remote", code.remote), ("page of the commit", code.commit_page))


def _training(answer: Details) -> Iterator[Fact]:
    made_from = answer.manifest.provenance
    for name, value in (("train", made_from.train_args), ("eval", made_from.eval_args)):
        if value:
            yield f"{name} arguments", _json(value)
    if made_from.seed is not None:
        yield "seed", str(made_from.seed)
    if answer.training_curve is not None:
        yield from curve_facts(answer.training_curve)


def _environment(environment: Environment) -> Iterator[Fact]:
    yield "python", f"{environment.python} on {environment.platform}"
    hardware = (counted(environment.cpus, "core"), size(environment.memory), *environment.accelerators)
    yield "hardware", ", ".join(hardware)
    yield "packages", ", ".join(f"{name} {version}" for name, version in environment.packages.items())


def _run(run: Run) -> Iterator[Fact]:
    yield from _given(
        ("pipeline", run.pipeline),
        ("run", run.run_id),
        ("orchestrator", run.orchestrator),
        ("model artifact", run.model_uri),
        ("ML Metadata id", run.model_id),
    )


def _given(*facts: tuple[str, str | None]) -> Iterator[Fact]:
    return ((name, value) for name, value in facts if value is not None)


def _values(values: Mapping[str, Any]) -> Iterator[Fact]:
    return ((name, value if isinstance(value, str) else _json(value)) for name, value in values.items())


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _print_metrics(page: "Page", answer: Details) -> None:
    rows = [
        (name, slice_name, number(value), number(answer.baseline_metrics.get(slice_name, {}).get(name)))
        for slice_name, metrics in answer.metrics.items()
        for name, value in metrics.items()
    ]
    if rows:
        page.heading("Metrics")
        page.table(("metric", "slice", "value", "baseline"), rows, right=(2,))


def _print_drift(page: "Page", answer: Details) -> None:
    """Print the distances of the newest look at new data."""
    look = next(reversed(answer.monitored), None)
    if look is None or not look.distances:
        return
    page.heading(f"Drift, {look.of}")
    rows = [
        (
            one.feature,
            comparator_name(one),
            (number(one.distance), "red" if one.drifted else ""),
            "-" if one.threshold is None else number(one.threshold),
        )
        for one in look.distances
    ]
    page.table(("feature", "measure", "distance", "allowed"), rows, right=(2, 3))
