"""Paths as text that every encoding can carry."""

from pathlib import Path

from tfx_hallmark.registry.store_url import StoreUrl


def as_text(path: Path | StoreUrl | str) -> str:
    r"""Write a path; bytes in it that are not UTF-8 become `\udc..`, for JSON cannot hold them."""
    return str(path).encode("utf-8", "backslashreplace").decode()
