"""Text that is safe to print on a terminal."""

_INVISIBLE_BUT_HARMLESS = frozenset("\u00a0\u202f\u3000\u200c\u200d")  # spaces of some scripts, and joiners


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
