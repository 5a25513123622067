"""`hallmark import`: takes in an archive that `hallmark export` has written."""

from pathlib import Path

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.after_commit import follow_commit
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.progress import Stages
from tfx_hallmark.cli.root import root_to_fill
from tfx_hallmark.registry.store_url import Root


@click.command("import")
@click.argument("archive", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--to", "label", metavar="LABEL", help="Of a version: the label that moves to its release.")
@click.option("--reason", default="", metavar="TEXT", help="Of a version: why the gate is passed over.")
@options.dry_run
@options.root
@options.as_json
def command(
    archive: Path, label: str | None, reason: str, dry_run: bool, root: Root | None, as_json: bool
) -> None:
    """Take in an archive: a model's whole history, or one version. All of it is checked before anything shows.

    A history comes into a registry that does not have the model, with the same log, the same numbers and the same
    labels. A version becomes a release of its model past the gate, which needs a --reason; under the serving
    policy 'latest' it would serve at once, so --to stable must say so. What is here already changes nothing.

    \b
    Examples:
      hallmark import penguin.hallmark --root /srv/models
      hallmark import penguin.hallmark --dry-run
      hallmark import penguin-1.2.0.hallmark --to stable --reason "from the staging registry, ticket A-7"
    """  # noqa: D301
    from tfx_hallmark.answers.archives import imported

    registry = root_to_fill(root)
    path = archive.absolute()
    with Stages(archive.name) as stages:
        progress = stages("bytes")
        if dry_run:
            done = registry.rehearse_import(path, label=label, reason=reason, progress=progress)
        else:
            done = registry.import_archive(path, label=label, reason=reason, progress=progress)
    answer = imported(done, registry, dry_run=dry_run)
    if as_json:
        print_json(answer)
    else:
        from tfx_hallmark.cli.tables import Page

        page = Page()
        if dry_run:
            page.line(("dry run, nothing was changed", "bold"))
        page.line(answer.sentence)
        for warning in answer.warnings:
            page.line((f"warning: {warning}", "bold yellow"))
    if not dry_run and not done.already:
        follow_commit(registry.root, done.model)
