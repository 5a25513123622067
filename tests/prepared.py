"""What `make test-servers` puts beside the checkout, because it cannot be in the environment of the tests."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]


def prepared(what: str, *, folder: str, variable: str, file: str) -> Path:
    """Gives a file of something prepared: `folder` of the checkout, or what the variable names, has it."""
    place = Path(os.environ.get(variable) or ROOT / folder)
    found = place / file
    if not found.exists():
        msg = f"no {what} in {place}: `make test-servers` makes it; {variable} names another place"
        raise RuntimeError(msg)
    return found
