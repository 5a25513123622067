"""Reading the files of a model, every operating system error turned into one clear line."""

from pathlib import Path

from tfx_hallmark.registry.errors import InvalidModelError


def unreadable(path: Path, error: OSError) -> InvalidModelError:
    """Gives the error to raise when the operating system refuses to read `path`."""
    reason = error.strerror or type(error).__name__
    return InvalidModelError(f"{path} cannot be read: {reason}; check its permissions and that it is there")


def read_bytes(file: Path) -> bytes:
    """Reads a whole file.

    Raises:
        InvalidModelError: It cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise unreadable(file, error) from error


def file_size(file: Path) -> int:
    """Gives a file's size in bytes.

    Raises:
        InvalidModelError: It cannot be looked at.
    """
    try:
        return file.stat().st_size
    except OSError as error:
        raise unreadable(file, error) from error


def check_readable(file: Path) -> None:
    """Opens and closes a file.

    Raises:
        InvalidModelError: It cannot be opened for reading.
    """
    try:
        with file.open("rb", buffering=0):
            pass
    except OSError as error:
        raise unreadable(file, error) from error
