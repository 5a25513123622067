"""`hallmark tag-git`: a git tag on the commit that a version was trained from."""

from pathlib import Path

import click

from tfx_hallmark.answers.git_tags import GitTags
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.names import check_model_name, parse_reference
from tfx_hallmark.registry.store_url import Root
from tfx_hallmark.registry.tagging import DEFAULT_GIT_TAG, check_tag_template

_STYLES = {"written": "green", "there": "green", "left_out": "yellow", "failed": "red"}
_SUMMED = {"written": "tagged", "there": "tagged before", "left_out": "left out", "failed": "failed"}


def _template(_: click.Context, __: click.Parameter, template: str) -> str:
    try:
        return check_tag_template(template)
    except ConfigError as error:
        raise click.BadParameter(str(error)) from error


@click.command("tag-git")
@click.argument("reference", metavar="REF|MODEL")
@click.option("--all", "everything", is_flag=True, help="Tag every published version of MODEL.")
@click.option(
    "--repo",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The clone that gets the tag; by default that of the working directory.",
)
@click.option(
    "--name",
    default=DEFAULT_GIT_TAG,
    show_default=True,
    callback=_template,
    metavar="TEMPLATE",
    help="What the tag is called: {model}, {version} and {date:%Y-%m-%d}, when it was trained, are filled in.",
)
@click.option("--push", metavar="REMOTE", help="Push the tag there too, with the commits that REMOTE lacks.")
@click.option(
    "--allow-dirty",
    is_flag=True,
    help="Tag also where the code had changes that are not in the commit; the tag says so.",
)
@options.dry_run
@options.root
@options.as_json
@click.pass_context
def command(
    ctx: click.Context,
    reference: str,
    everything: bool,
    repo: Path,
    name: str,
    push: str | None,
    allow_dirty: bool,
    dry_run: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Write an annotated git tag on the commit that a version was trained from.

    Its message has what the registry knows at this moment: digest, release, verdict, metrics. A tag that stands on
    that commit already is left as it is; one of that name on another commit is an error, and never moved. With --all,
    versions without a commit on record, or with uncommitted changes, are left out.

    The tag lies in git alone: the registry is only read.

    \b
    Examples:
      hallmark tag-git penguin@stable
      hallmark tag-git penguin@1.2.0 --repo ~/src/penguin --push origin
      hallmark tag-git penguin@1.2.0 --name "models/{model}/{version}" --dry-run
      hallmark tag-git penguin --all --push origin --json
    """  # noqa: D301
    named = None if everything else parse_reference(reference)
    model_name = check_model_name(reference) if named is None else named.model
    model = open_to_operate(open_registry(root), model_name, dry_run=True)
    which = None if named is None else named.value
    tags = model.tag_git(which, repo, name=name, push=push, allow_dirty=allow_dirty, dry_run=dry_run)
    answer = GitTags(model=model.name, repo=as_text(repo.absolute()), dry_run=dry_run, tags=tags)
    print_json(answer) if as_json else _print(answer)
    if answer.failed:
        ctx.exit(1)


def _print(answer: GitTags) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if answer.dry_run:
        page.line(("dry run, nothing was changed", "bold"))
    if not answer.tags:
        page.line(f"{answer.model} has no published version")
    for tag in answer.tags:
        failed = tag.outcome in ("left_out", "failed")
        before = f"{tag.outcome.replace('_', ' ')}: " if failed else f"{answer.model} {tag.version}: "
        page.line((before, _STYLES[tag.outcome] if failed else "bold"), tag.sentence)
        for note in tag.notes:
            page.line(("  note: ", "yellow"), note)
        if tag.message and answer.dry_run and len(answer.tags) == 1:
            for line in tag.message.splitlines():
                page.line(f"  {line}")
    if len(answer.tags) > 1:
        outcomes = [tag.outcome for tag in answer.tags]
        told = (f"{outcomes.count(one):,} {name}" for one, name in _SUMMED.items() if one in outcomes)
        page.line((f"{counted(len(outcomes), 'version')}: ", "bold"), ", ".join(told))
