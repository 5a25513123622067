"""All objects under a root as another client of the store sees them, each content read once."""

from typing import Any


class Mirror:
    """Gives every object under a root with its bytes; can put them back as they were.

    Args:
        root: The root's URL.
    """

    def __init__(self, root: str) -> None:
        from obstore import store

        self._store: Any = store.from_url(root)
        self._known: dict[str, bytes] = {}  # by what the store calls the content

    def objects(self) -> dict[str, bytes]:
        """Read what is there now: one listing, and what is new."""
        return {key: self._content(key, tag) for key, tag in self._listed().items()}

    def put_back(self, objects: dict[str, bytes]) -> None:
        """Make the store hold these objects and nothing else."""
        there = self.objects()
        if added := list(there.keys() - objects.keys()):
            self._store.delete(added)
        for key, data in objects.items():
            if there.get(key) != data:
                self._store.put(key, data)

    def _listed(self) -> dict[str, str]:
        return {each["path"]: each["e_tag"] for page in self._store.list() for each in page}

    def _content(self, key: str, tag: str) -> bytes:
        if tag not in self._known:
            self._known[tag] = bytes(self._store.get(key).bytes())
        return self._known[tag]
