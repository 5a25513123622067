"""Commands as the documentation has them."""

import click

from tfx_hallmark.cli.main import app


def command_of(name: str) -> click.Command:
    """Gives a subcommand; fails if there is none of that name."""
    found = app.get_command(click.Context(app), name)
    assert found is not None, name
    return found
