"""`hallmark export`: a version, or a model's whole history, as one file."""

from pathlib import Path

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.progress import Stages
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root


@click.command("export")
@click.argument("what", metavar="REF|MODEL")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The archive to make."
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@options.root
@options.as_json
def command(what: str, out: Path, force: bool, root: Root | None, as_json: bool) -> None:
    """Write one archive of a version, or of all that there is of a model.

    penguin@1.2.0 is that version: its files, manifest, verdict, evidence, signature and events. penguin is the
    whole history: the log as it is, all records, and every release, each content once. The same state gives
    the same bytes. 'hallmark import' takes it to another registry.

    \b
    Examples:
      hallmark export penguin --out penguin.hallmark
      hallmark export penguin@stable --out penguin-stable.hallmark
      hallmark export penguin@1.2.0 --out penguin-1.2.0.hallmark --force --json
    """  # noqa: D301
    from tfx_hallmark.answers.archives import exported

    model, at, _ = what.partition("@")
    which = parse_reference(what).value if at else None
    opened = open_model(open_registry(root), model)
    with Stages(model) as stages:
        done = opened.export(out.absolute(), which, overwrite=force, progress=stages("bytes"))
    answer = exported(done)
    if as_json:
        print_json(answer)
    else:
        from tfx_hallmark.cli.tables import Page

        Page().line(answer.sentence)
