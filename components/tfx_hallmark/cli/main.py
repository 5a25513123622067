"""The command `hallmark`: its subcommands, and how it ends.

Exit codes: 0 done, 1 failed or refused, 2 wrong usage; 130 and 141 where the shell or the reader of
the output ended it, as for any command. What goes wrong is one line on standard error.
"""

import contextlib
import gc
import os
import sys
from typing import Any

import click

import tfx_hallmark
from tfx_hallmark.answers.text import escape
from tfx_hallmark.cli.commands import Commands
from tfx_hallmark.cli.metadata import NoMetadataError
from tfx_hallmark.cli.root import NoRootError
from tfx_hallmark.registry.errors import (
    GateRulesError,
    HallmarkError,
    InvalidAddressError,
    InvalidNameError,
    InvalidTimeError,
    NotComparableError,
    SearchError,
)

FAILED = 1
USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
NOBODY_READS = 141  # 128 + SIGPIPE

_USAGE_ERRORS = (
    GateRulesError,
    InvalidAddressError,
    InvalidNameError,
    InvalidTimeError,
    NoMetadataError,
    NoRootError,
    NotComparableError,
    SearchError,
)


class PlainErrors(Commands):
    """Ends a command that went wrong with one line on standard error and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand that was asked for.

        Raises:
            click.exceptions.Exit: If it went wrong.
        """
        try:
            result = super().invoke(ctx)
            # Now, not at exit: an output that cannot be written is an error of this command.
            sys.stdout.flush()
        except _USAGE_ERRORS as error:
            _complain(str(error))
            raise click.exceptions.Exit(USAGE) from error
        except HallmarkError as error:
            _complain(str(error))
            raise click.exceptions.Exit(FAILED) from error
        except KeyboardInterrupt as error:
            _complain("interrupted")
            raise click.exceptions.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            # As git and kubectl do: `| head` has read what it wanted, there is nothing to report.
            _forget_output()
            raise click.exceptions.Exit(NOBODY_READS) from error
        except OSError as error:
            _forget_output()
            where = f" ({error.filename})" if error.filename else ""
            _complain(f"{error.strerror or error}{where}")
            raise click.exceptions.Exit(FAILED) from error
        return result


def _complain(message: str) -> None:
    with contextlib.suppress(OSError):
        print(f"hallmark: {escape(message)}", file=sys.stderr)


def _forget_output() -> None:
    """Let the interpreter's last flush of standard output go nowhere, for it would fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    "hallmark",
    cls=PlainErrors,
    epilog="A registry is found by --root, HALLMARK_ROOT, or 'root: DIR' in hallmark.yaml of the working directory.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(tfx_hallmark.__version__, message="%(prog)s %(version)s")
def app() -> None:
    """The model registry for TFX: what there is, what serves, and why."""


def main() -> None:
    """Run the command; the entry point of the distribution."""
    # A command answers and ends: collecting the garbage of a large registry would take longer than reading it.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="hallmark")


if __name__ == "__main__":
    main()
