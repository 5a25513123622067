"""Paths as text that every encoding can carry."""

from pathlib import Path


def as_text(path: Path) -> str:
    r"""Write a path; bytes in it that are not UTF-8 become `\udc..`, for JSON cannot hold them."""
    return str(path).encode("utf-8", "backslashreplace").decode()
