"""What `deliver` and `deliveries` print for people."""

from collections.abc import Sequence

from tfx_hallmark.answers.deliveries import DestinationTold
from tfx_hallmark.answers.text import second

_STYLES = {"delivered": "green", "failed": "red", "skipped": "yellow"}


def print_standing(destinations: Sequence[DestinationTold]) -> None:
    """Print how the deliveries to each destination stand."""
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if not destinations:
        page.line("no events go anywhere: see 'hallmark config --help'")
        return
    rows = []
    for one in destinations:
        last = one.attempts[0] if one.attempts else None
        state = ("all delivered", "green") if not one.waiting else (f"{one.waiting} waiting", "yellow")
        rows.append(
            (
                one.model,
                one.destination,
                one.kind,
                str(one.delivered),
                state,
                "-" if last is None else second(last.time),
                one.to,
            )
        )
    page.table(("model", "destination", "kind", "up to", "state", "last attempt", "to"), rows, right=(3,))


def print_attempts(destinations: Sequence[DestinationTold]) -> None:
    """Print the last attempts of each destination, newest first."""
    from tfx_hallmark.cli.tables import Page

    page = Page()
    for one in destinations:
        if not one.attempts:
            continue
        page.heading(f"{one.model} to {one.destination}")
        rows = [
            (
                second(each.time),
                str(each.first) if each.first == each.last else f"{each.first}-{each.last}",
                f"{each.seconds:.1f} s",
                (each.outcome, _STYLES[each.outcome]),
                each.error,
            )
            for each in one.attempts
        ]
        page.table(("time (utc)", "events", "took", "outcome", "why"), rows, right=(2,))
