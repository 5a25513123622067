"""What a release's number says of the time at which the release was made."""

import datetime

from tfx_hallmark.registry.log import as_utc

_UTC = datetime.timezone.utc
_FIRST = datetime.datetime(2015, 11, 9, tzinfo=_UTC)  # TensorFlow was released then; no SavedModel is older


def time_of_number(number: int, *, before: str) -> str | None:
    """Read a release number as the seconds since 1970 that TFX Pusher gives (tfx/components/pusher/executor.py).

    Args:
        number: The number of a release.
        before: A time, as events have it, at which the release was there.

    Returns:
        The time as events have it; None if the number cannot be the time at which a release was made.
    """
    try:
        moment = datetime.datetime.fromtimestamp(number, tz=_UTC)
    except (OverflowError, ValueError, OSError):
        return None
    text = as_utc(moment)
    return text if moment >= _FIRST and text <= before else None
