"""The answer of `tag-git`: the tags on the commits that versions were trained from."""

import msgspec

from tfx_hallmark.registry.git.tagging import GitTag


class GitTags(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `tag-git`.

    Attributes:
        model: The model's name.
        repo: The clone.
        dry_run: Whether nothing was done.
        tags: A tag for each version that was asked about, oldest first.
    """

    model: str
    repo: str
    dry_run: bool
    tags: tuple[GitTag, ...]

    @property
    def failed(self) -> bool:
        """Whether a version with a commit that could be tagged was not."""
        return any(tag.outcome == "failed" for tag in self.tags)
