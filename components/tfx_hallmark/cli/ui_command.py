"""`hallmark ui`: the registry as web pages."""

import gc
import importlib
import os
import sys
from pathlib import Path

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.metadata import open_connection
from tfx_hallmark.cli.root import open_registry
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.store_url import Root

TOKEN = "HALLMARK_UI_TOKEN"  # noqa: S105 - the name of a variable
_SHORTEST_TOKEN = 16
_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - addresses to bind to, and no names of anything
_WARNING = (
    "hallmark: listening on {host}: whoever reaches this machine can read the registry, and nothing on the way is "
    "encrypted; requests are answered for the hosts {names} alone, more by --allowed-host NAME"
)


@click.command("ui")
@click.option(
    "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 for any that is free.",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Answer to this host name too, as behind a proxy. May be repeated.",
)
@click.option(
    "--allow-actions", is_flag=True, help="Let who knows the token promote, roll back and quarantine."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=f"File that holds the token; else {TOKEN}, else one is made and printed.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
@options.metadata
@options.root
def command(
    host: str,
    port: int,
    allowed_hosts: tuple[str, ...],
    allow_actions: bool,
    token_file: Path | None,
    open_browser: bool,
    metadata: str | None,
    root: Root | None,
) -> None:
    """Show the registry as web pages, until interrupted. Reads only, unless actions are allowed.

    \b
    Examples:
      hallmark ui
      hallmark ui --port 0 --open
      hallmark ui --allow-actions
      hallmark ui --host 0.0.0.0 --allowed-host models.example.org
    """  # noqa: D301
    if token_file is not None and not allow_actions:
        msg = "--token-file is of use only with --allow-actions"
        raise click.UsageError(msg)
    _check_installed()
    import secrets
    import webbrowser

    from tfx_hallmark.cli.after_commit import follow_commit
    from tfx_hallmark.dashboard.serve import serve
    from tfx_hallmark.dashboard.settings import LOCAL_HOSTS, Settings

    given = _given_token(token_file) if allow_actions else None
    registry = open_registry(root)
    settings = Settings(
        root=registry.root,
        metadata=open_connection(metadata),
        token=(given or secrets.token_urlsafe(32)) if allow_actions else None,
        hosts=tuple(dict.fromkeys((*LOCAL_HOSTS, *allowed_hosts, *(() if host in _ANY else (host,))))),
        committed=lambda model: follow_commit(registry.root, model, metadata=metadata),
    )

    def announce(address: str) -> None:
        click.echo(f"hallmark ui: {address} (Ctrl-C to end)")
        if given is None and settings.token is not None:
            click.echo(f"token to sign in: {settings.token}")
        if host not in LOCAL_HOSTS:
            click.echo(_WARNING.format(host=host, names=", ".join(settings.hosts)), err=True)
        # Who started this may read it through a pipe.
        sys.stdout.flush()
        if open_browser:
            webbrowser.open(address)

    # Commands run without the collector; this one may run for months.
    gc.enable()
    serve(settings, host=host, port=port, announce=announce)


def _check_installed() -> None:
    try:
        for name in ("fastapi", "jinja2", "prometheus_client", "python_multipart", "uvicorn"):
            importlib.import_module(name)
    except ImportError as error:
        msg = f"the web page is not installed here ({error}): pip install 'tfx-hallmark[ui]'"
        raise ConfigError(msg) from error


def _given_token(path: Path | None) -> str | None:
    """Return the token that the user chose; None if they did not."""
    if path is None:
        token, where = os.environ.get(TOKEN), TOKEN
    else:
        try:
            token, where = path.read_text(encoding="utf-8").strip(), str(path)
        except (OSError, UnicodeDecodeError) as error:
            msg = f"the token cannot be read from {path} ({error}): check its permissions and that it is UTF-8 text"
            raise ConfigError(msg) from error
    if token is not None and len(token) < _SHORTEST_TOKEN:
        msg = f"the token in {where} is too short: take at least {_SHORTEST_TOKEN} characters that nobody can guess"
        raise ConfigError(msg)
    return token
