"""`hallmark sign`: a version is signed with a private key."""

from pathlib import Path

import click

from tfx_hallmark.answers.signing import signed
from tfx_hallmark.cli import options
from tfx_hallmark.cli.after_commit import follow_commit
from tfx_hallmark.cli.operation_report import report
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root

_READING = "reading the files that are to be signed"


@click.command("sign")
@options.reference
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path),
    envvar="HALLMARK_SIGNING_KEY",
    show_envvar=True,
    metavar="FILE",
    help="Private key, PEM; HALLMARK_SIGNING_KEY_PASSWORD opens an encrypted one.",
)
@click.option(
    "--candidate",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A directory that holds the version; by default its newest release.",
)
@options.optional_reason
@options.dry_run
@options.root
@options.as_json
def command(
    reference: str,
    key: Path,
    candidate: Path | None,
    reason: str,
    dry_run: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Sign a version's content with OpenSSF model-signing, offline.

    Its files are read and held against its digest first. The signature holds for the version, whatever releases
    it has or gets. A version that bears a good signature of this key is left as it is.

    \b
    Examples:
      hallmark sign penguin@1.2.0 --key release.pem
      hallmark sign penguin@stable --key release.pem --reason "keys were changed"
      hallmark sign penguin@1.3.0 --key release.pem --candidate /pipeline/Trainer/model/7/Format-Serving
      hallmark sign penguin@1.2.0 --key release.pem --dry-run
    """  # noqa: D301
    named = parse_reference(reference)
    registry = open_registry(root)
    model = open_to_operate(registry, named.model, dry_run=dry_run)
    with said_if_slow(_READING):
        signing = (
            model.dry_run.sign(named.value, key, candidate=candidate)
            if dry_run
            else model.sign(named.value, key, candidate=candidate, reason=reason)
        )
    report(signed(signing, dry_run=dry_run), as_json=as_json)
    if signing.event is not None:
        follow_commit(registry.root, model.name)
