"""What went wrong in a component, in one line for its user."""

from tfx_hallmark.registry.errors import HallmarkError


def own_error(error: BaseException | None) -> HallmarkError | None:
    """Return the HallmarkError that led to `error`, if one did."""
    while error is not None and not isinstance(error, HallmarkError):
        error = error.__cause__ or error.__context__
    return error


def first_line(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__
