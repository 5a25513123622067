"""Values as text for people."""

_STEPS = ("B", "kB", "MB", "GB", "TB")
_INVISIBLE_BUT_HARMLESS = frozenset("\u00a0\u202f\u3000\u200c\u200d")  # spaces of some scripts, and joiners


def size(count: int) -> str:
    """Write a number of bytes: `12 B`, `1.2 MB`."""
    value, step = float(count), 0
    while value >= 999.5 and step < len(_STEPS) - 1:
        value, step = value / 1000, step + 1
    return f"{count} B" if step == 0 else f"{value:.3g} {_STEPS[step]}"


def minute(time: str) -> str:
    """Write an event's time to the minute: `2026-11-20 21:31`."""
    return time[:16].replace("T", " ")


def second(time: str) -> str:
    """Write an event's time to the second: `2026-11-20 21:31:43 UTC`."""
    return f"{time[:19].replace('T', ' ')} UTC"


def number(value: float | None, *, sign: str = "-") -> str:
    """Write a metric's value; `-` if there is none.

    Args:
        value: The value.
        sign: `+` to mark what is positive too, as for a margin.
    """
    if value is None:
        return "-"
    # Four decimals would show a small but decisive margin as nothing, and a count as a long row of digits.
    form = ".4f" if value == 0 or 1e-4 <= abs(value) < 1e6 else ".3g"
    return format(value, f"{sign}{form}")


def counted(count: int, noun: str) -> str:
    """Write `1 version`, `2 versions`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def escape(text: str) -> str:
    r"""Write out whatever a terminal would obey or hide: control characters, line ends, text direction.

    Free text in a registry comes from anybody who may publish; `\x1b[2J` in a reason must not clear
    the reader's screen, nor a right-to-left override make it read as something else.
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or char in _INVISIBLE_BUT_HARMLESS
        else char.encode("unicode_escape").decode()
        for char in text
    )


def escape_lines(text: str) -> str:
    """Do the same for a text of several lines: line ends and tabs stay."""
    if text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(map(escape, line.split("\t"))) for line in lines)
