"""`hallmark audit`: whether everything that a registry's records promise is so."""

import click

from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted, size
from tfx_hallmark.answers.verification import Audit, Audited
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import no_such_model, open_registry
from tfx_hallmark.registry.examining.auditing import AuditedModel, audit
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import Root


@click.command("audit")
@options.any_model
@options.root
@options.as_json
@click.pass_context
def command(ctx: click.Context, model: str | None, root: Root | None, as_json: bool) -> None:
    """Check the whole log, every record it names, the checkpoint and every release; exit 1 if anything is wrong.

    Goes on after what is wrong as far as it can. Nothing is changed. If the newest events of a log were deleted,
    only a checkpoint that reaches further, a release the log lacks, or ML Metadata (hallmark doctor) tells.

    \b
    Examples:
      hallmark audit
      hallmark audit penguin
      hallmark audit --json
    """  # noqa: D301
    registry = open_registry(root)
    results = [_audit(registry, name) for name in _names(registry, model)]
    answer = Audit(
        root=as_text(registry.root),
        models=[
            Audited(
                model=result.model,
                events=result.events,
                records=result.objects,
                releases=result.releases,
                size=result.size,
                findings=len(result.findings),
            )
            for result in results
        ],
        findings=[finding for result in results for finding in result.findings],
    )
    print_json(answer) if as_json else _print(answer)
    if answer.findings:
        ctx.exit(1)


def _names(registry: Registry, model: str | None) -> list[str]:
    if model is None:
        return registry.recorded()
    registry.places(model)
    if model not in registry.recorded():
        raise no_such_model(registry, model)
    return [model]


def _audit(registry: Registry, name: str) -> AuditedModel:
    from tfx_hallmark.cli.progress import Stages

    with Stages(name) as stages:
        return audit(*registry.places(name), name, settings=registry.settings.read(), stages=stages)


def _print(answer: Audit) -> None:
    from tfx_hallmark.cli.finding_lines import print_findings
    from tfx_hallmark.cli.tables import Page

    page = Page()
    print_findings(page, answer.findings)
    for model in answer.models:
        read = (
            f"{counted(model.events, 'event')}, {counted(model.records, 'record')}, "
            f"{counted(model.releases, 'release')}, {size(model.size)}"
        )
        said = (counted(model.findings, "finding"), "red" if model.findings else "green")
        page.line((model.model, "bold"), f": {read}: ", said)
    if not answer.models:
        page.line("the registry has no models yet")
