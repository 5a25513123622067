"""Requests that change something come from our own pages, not from a stranger's."""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


async def own_pages_only(request: Request) -> None:
    """Let a request pass that only reads, or whose browser says that a page of ours sent it.

    Browsers send `Origin` with every POST, and `Sec-Fetch-Site` with every request; no script can set
    either. Scheme is not compared: behind a proxy that ends TLS it is not known here.

    Raises:
        HTTPException: 403, if another site sent it, or nothing says who did.
    """
    if request.method in _READING:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    proofs = []
    if site is not None:
        proofs.append(site == "same-origin")
    if origin is not None:
        proofs.append(_authority(origin) == request.headers.get("host", "").lower())
    if not proofs or not all(proofs):
        raise HTTPException(403, "this request does not come from a page of this server: use the form on it")


def _authority(origin: str) -> str | None:
    """Return host and port of an Origin header, None if it has none."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return None
    return parts.netloc.lower() if parts.scheme in {"http", "https"} else None
