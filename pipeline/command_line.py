"""What the pipeline's commands have in common: options that choose the settings, and how errors end them."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from tfx_hallmark.registry.errors import ConfigError, HallmarkError


def settings_parser(module: str, *, description: str, examples: str) -> argparse.ArgumentParser:
    """Return a parser with `--config` and `--set`, to which a command adds what it needs besides.

    Args:
        module: The module that is run, e.g. `pipeline.local_runner`.
        description: What the command does, in one sentence.
        examples: Command lines and exit codes, for the end of its help.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="settings, in YAML")
    add_overrides(parser)
    return parser


def runner_parser(module: str, *, description: str, examples: str) -> argparse.ArgumentParser:
    """Return `settings_parser`'s parser for a command that runs a pipeline here, and can show all that it prints."""
    parser = settings_parser(module, description=description, examples=examples)
    parser.add_argument("--verbose", action="store_true", help="show what TensorFlow and TFX print")
    return parser


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """Add `--set`, whose values come as the attribute `overrides`."""
    parser.add_argument(
        "--set",
        dest="overrides",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="use another value for one setting; may be repeated",
    )


def ended(command: Callable[[], None]) -> int:
    """Run a command and return its exit code: 0, 1 if it failed, 2 for wrong settings.

    Args:
        command: Raises HallmarkError for what is the user's to mend; that becomes one line.
    """
    try:
        command()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads the output has seen enough, as `head` has; Python would flush it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except ConfigError as error:
        return _fail(str(error), 2)
    except HallmarkError as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return _fail("interrupted", 1)
    return 0


def _fail(message: str, code: int) -> int:
    print(f"error: {message}", file=sys.stderr)
    return code
