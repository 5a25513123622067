"""Expects a mistake of a user's to end in one line, and to change nothing."""

from collections.abc import Callable
from typing import Any

from tfx_hallmark import HallmarkError


class OneLine:
    """Expects one error of ours, of one line with these parts, that leaves what is seen as it was.

    Args:
        seen: Gives what must not change.
        error: The error's class, exactly.
        parts: What must be in its message.
    """

    def __init__(self, seen: Callable[[], Any], error: type[HallmarkError], *parts: object) -> None:
        self.seen, self.error, self.parts = seen, error, parts

    def __enter__(self) -> None:
        self.before = self.seen()

    def __exit__(self, kind: Any, raised: BaseException | None, traceback: Any) -> bool:
        assert raised is not None, "nothing was raised"
        if not isinstance(raised, HallmarkError):
            return False
        assert kind is self.error
        assert "\n" not in str(raised)
        for part in self.parts:
            assert str(part) in str(raised)
        assert self.seen() == self.before
        return True
