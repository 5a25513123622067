"""How often, and after which pauses, a delivery is tried again."""

import msgspec

_LONGEST = 300.0  # seconds


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Pauses that double.

    Attributes:
        attempts: How often a destination is tried before it is left for the next time.
        first: Seconds to wait after the first failure.
    """

    attempts: int = 5
    first: float = 1.0

    def pause(self, failures: int, *, asked: float | None = None) -> float:
        """Return the seconds to wait after some failures in a row.

        Args:
            failures: How many, from 1.
            asked: What the receiver asked for, if it did; no more than five minutes of it are kept to.
        """
        doubled = self.first * 2.0 ** min(failures - 1, 20)
        return min(max(doubled, asked or 0.0), _LONGEST)
