"""Arguments and options that several commands share, as decorators."""

import math
from collections.abc import Callable
from typing import Any

import click

from tfx_hallmark.registry.actor import check_reason
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.store_url import Root, parse_root


def _given(_: click.Context, __: click.Parameter, reason: str) -> str:
    try:
        return check_reason(reason)
    except ConfigError as error:
        raise click.BadParameter(str(error)) from error


def _addresses(_: click.Context, __: click.Parameter, addresses: tuple[str, ...]) -> tuple[str, ...]:
    if not addresses:
        return ()
    # Only here: an HTTP client is dear at the start of a command, and most need none.
    from tfx_hallmark.registry.serving.model_status import check_address

    return tuple(map(check_address, addresses))


class FiniteRange(click.FloatRange):
    """A number within bounds; not a number, and infinity, are a mistake of usage."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        found = float(super().convert(value, param, ctx))
        if not math.isfinite(found):
            self.fail(f"{found} is no number that can be compared with others.", param, ctx)
        return found


class _Root(click.ParamType[Root, Any]):
    """A registry root: a directory, or a URL in an object store."""

    name = "root"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Root:
        """Return the root that was given; a URL that can be none is a mistake of usage."""
        try:
            return parse_root(value)
        except ConfigError as error:
            self.fail(str(error), param, ctx)


root = click.option(
    "--root",
    type=_Root(),
    envvar="HALLMARK_ROOT",
    show_envvar=True,
    metavar="DIR|URL",
    help="Registry root: a directory, or s3://, gs:// or az:// with BUCKET/PREFIX; by default what hallmark.yaml "
    "here says.",
)
metadata = click.option(
    "--metadata",
    envvar="HALLMARK_METADATA",
    show_envvar=True,
    metavar="STORE",
    help="ML Metadata: a SQLite file, or mysql://, postgresql:// or grpc:// with [USER@]HOST:PORT[/DATABASE]; "
    "by default what hallmark.yaml here says.",
)
reason = click.option(
    "--reason", required=True, callback=_given, metavar="TEXT", help="Why; it stays on record."
)
optional_reason = click.option("--reason", default="", metavar="TEXT", help="Why; it stays on record.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
limit = click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="Show the newest N.",
)
everything = click.option("--all", "everything", is_flag=True, help="Show all, whatever the limit.")
model = click.argument("model")
any_model = click.argument("model", required=False)
reference = click.argument("reference", metavar="REF")
servers = click.option(
    "--server",
    "servers",
    multiple=True,
    callback=_addresses,
    metavar="URL",
    help="REST interface of a model server, http://HOST:8501; repeat it for more. "
    "By default those of 'hallmark config'.",
)
timeout = click.option(
    "--timeout",
    type=FiniteRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the servers.",
)
wait = click.option("--wait", is_flag=True, help="Wait until every model server serves it.")


def waiting(command: Callable[..., object]) -> Callable[..., object]:
    """Add the options of a command that may wait for model servers."""
    return wait(servers(timeout(command)))


def operating(command: Callable[..., object]) -> Callable[..., object]:
    """Add the options of a command that operates on a model: why, whether to rehearse it, where, and how to tell."""
    return reason(dry_run(root(as_json(command))))
