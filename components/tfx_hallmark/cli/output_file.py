"""What a command prints, in a file instead: whole or not at all."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

from tfx_hallmark.registry.storage import LocalStorage


@contextlib.contextmanager
def standard_output_in(path: Path) -> Iterator[None]:
    """Put what the body prints on standard output into a file, in place of an earlier one.

    What the body raises leaves the earlier file as it was.

    Args:
        path: The file.

    Raises:
        StorageError: If it cannot be written.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        yield
    # What is no UTF-8 came in by the name of a file: it is written out.
    text = printed.getvalue().encode("utf-8", "backslashreplace")
    LocalStorage(path.absolute().parent).replace(path.name, text)
