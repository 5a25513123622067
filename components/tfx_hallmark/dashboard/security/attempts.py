"""The token, and how often one may try to guess it."""

import hmac
import math
import threading
import time
from collections.abc import Callable

WRONG_TRIES = 10
LOCKED_SECONDS = 60.0


class LockedError(Exception):
    """Too many wrong tries.

    Args:
        seconds: How long nobody may try.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many wrong tries: try again in {seconds} s")
        self.seconds = seconds


class Attempts:
    """Checks tokens; after too many wrong ones, none for a while, whoever asks.

    Args:
        token: The right one.
        clock: Seconds, never going back.
    """

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = token.encode()
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong = 0
        self._locked_until = -math.inf

    def check(self, token: str) -> bool:
        """Tell whether this is the token, in a time that does not depend on where it differs.

        Raises:
            LockedError: If there were too many wrong tries; not even the right one is taken then.
        """
        # One at a time: tries side by side must not get past the count.
        with self._lock:
            left = self._locked_until - self._clock()
            if left > 0:
                raise LockedError(math.ceil(left))
            right = hmac.compare_digest(token.encode("utf-8", "replace"), self._token)
            self._wrong = 0 if right else self._wrong + 1
            if self._wrong == WRONG_TRIES:
                self._wrong = 0
                self._locked_until = self._clock() + LOCKED_SECONDS
            return right
