"""Translates between paths as a cluster knows them and the folders that stand for them here."""

import re
from collections.abc import Mapping
from typing import Any

# A path ends where the next character could not be part of its last name, and begins likewise.
_BEFORE, _AFTER = r"(?<![\w.:/-])", r"(?![\w.-])"


class Places:
    """Which folder here stands for which place there.

    Args:
        folders: Absolute folder here by place there: a bucket such as `gs://models`, or an absolute path.
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._here = _Table(folders)
        self._there = _Table({here: there for there, here in folders.items()})

    def here(self, value: Any) -> Any:
        """Return a JSON value with every place in its texts replaced by the folder here."""
        return self._here.apply(value)

    def there(self, value: Any) -> Any:
        """Return a JSON value with every folder in its texts replaced by the place there."""
        return self._there.apply(value)


class _Table:
    def __init__(self, replacements: Mapping[str, str]) -> None:
        self._replacements = replacements
        longest_first = sorted(replacements, key=len, reverse=True)
        self._pattern = re.compile(f"{_BEFORE}({'|'.join(map(re.escape, longest_first))}){_AFTER}")

    def apply(self, value: Any) -> Any:
        if isinstance(value, str):
            # In one pass, for what is put in may hold what is looked for.
            return self._pattern.sub(lambda match: self._replacements[match[0]], value)
        if isinstance(value, dict):
            return {key: self.apply(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.apply(item) for item in value]
        return value
