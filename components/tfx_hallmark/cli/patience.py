"""A word to whoever waits at a terminal for something that cannot tell how far it has come."""

import contextlib
import sys
import threading
from collections.abc import Iterator

_SECONDS = 1.0


@contextlib.contextmanager
def said_if_slow(what: str, *, after: float = _SECONDS) -> Iterator[None]:
    """Say on standard error what is being done, if it takes long and somebody is there to read it.

    Args:
        what: What is being done.
        after: After how many seconds.
    """
    timer = threading.Timer(after, _say, (what,))
    timer.daemon = True
    if sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say(what: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{what} ...\n")
        sys.stderr.flush()
