"""What is an address on the web."""

from urllib.parse import SplitResult, urlsplit


def web_address(text: str) -> SplitResult | None:
    """Return the parts of an http or https URL of a host; None if a text is none."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.port != 0
        # As the client writes it: an empty label, or one too long, is refused here (UnicodeError is a ValueError).
        usable = usable and bool((parts.hostname or "").encode("idna"))
    except ValueError:
        return None
    return parts if usable else None
