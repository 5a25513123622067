"""The subcommands of `hallmark`: each a module of its own, imported when it is asked for.

So a rollback does not wait for what only a report needs.
"""

import importlib
from typing import cast

import click

NAMES = (
    "list",
    "show",
    "why",
    "compare",
    "gate",
    "history",
    "blame",
    "card",
    "live",
    "log",
    "report",
    "metrics",
    "rollback",
    "promote",
    "quarantine",
    "unquarantine",
    "serving-plan",
    "canary",
    "prune",
    "hold",
    "unhold",
    "annotate",
    "sign",
    "signature",
    "tag-git",
    "mirror",
    "verify",
    "audit",
    "reproduce",
    "lineage",
    "sync",
    "deliver",
    "deliveries",
    "doctor",
    "config",
    "adopt",
    "export",
    "import",
    "init-pipeline",
    "ui",
)


class Commands(click.Group):
    """Finds a subcommand in the module that is named after it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all, in the order in which the help lists them."""
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one by its name; None if there is no such command."""
        if cmd_name not in NAMES:
            return None
        module = importlib.import_module(f"tfx_hallmark.cli.{cmd_name.replace('-', '_')}_command")
        return cast(click.Command, module.command)
