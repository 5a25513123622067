"""`hallmark signature`: who signed a version, and whether the signature is good."""

from pathlib import Path

import click
import msgspec

from tfx_hallmark.answers.signing import SignatureAnswer, tell_signature
from tfx_hallmark.answers.text import second
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root

_BAD = ("missing", "wrong", "unknown-key")
_STYLES = {"good": "green", "unchecked": "yellow"} | dict.fromkeys(_BAD, "red")


@click.command("signature")
@options.reference
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the signature there, a Sigstore bundle for 'model_signing verify key'.",
)
@options.root
@options.as_json
@click.pass_context
def command(
    ctx: click.Context, reference: str, bundle: Path | None, root: Root | None, as_json: bool
) -> None:
    """Show who signed a version, and check the signature; exit 1 unless it is good.

    It is checked with the registry's public keys, against the version's digest; its files are not read, which
    is what `hallmark verify` does.

    \b
    Examples:
      hallmark signature penguin@stable
      hallmark signature penguin@1.2.0 --bundle penguin.sig
      hallmark signature penguin@1.2.0 --json
    """  # noqa: D301
    named = parse_reference(reference)
    answer = tell_signature(open_model(open_registry(root), named.model), named.value)
    if bundle is not None and answer.bundle is not None:
        bundle.write_bytes(msgspec.json.encode(answer.bundle))
    print_json(answer) if as_json else _print(answer)
    if answer.outcome != "good":
        ctx.exit(1)


def _print(answer: SignatureAnswer) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    page.line((f"{answer.model} {answer.version}", "bold"), "  ", (answer.outcome, _STYLES[answer.outcome]))
    facts = [("detail", answer.detail)] if answer.detail else []
    if answer.key is not None and answer.time is not None:
        facts += [("key", answer.key), ("signed", f"{second(answer.time)} by {answer.actor}")]
    page.facts([*facts, ("digest", answer.digest), ("required", "yes" if answer.required else "no")])
