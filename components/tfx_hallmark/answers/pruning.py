"""The answer of `prune`: what was deleted or would be, what that frees, and why the rest stays."""

import msgspec

from tfx_hallmark.answers.history import LoggedEvent, logged
from tfx_hallmark.answers.text import counted, size
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.retention.pruning import Pruning
from tfx_hallmark.registry.retention.retention import Deletion, Kept


class PruneAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `prune`, and of its dry run.

    Attributes:
        model: The model's name.
        dry_run: Whether nothing was done.
        deletions: What went or would go: version, releases, whether no files of it are left, and why.
        kept: What stays: version, releases, and every reason.
        bytes_freed: Bytes that are free then.
        bytes_shared: Bytes of what goes that are not, for hard links elsewhere lead to the same files.
        events: What was committed, oldest first; empty for a dry run.
        sentence: All of it in a sentence.
    """

    model: str
    dry_run: bool
    deletions: tuple[Deletion, ...]
    kept: tuple[Kept, ...]
    bytes_freed: int
    bytes_shared: int
    events: list[LoggedEvent]
    sentence: str


def pruned(model: Model, pruning: Pruning, *, dry_run: bool) -> PruneAnswer:
    """Tell what a pruning did, or would do.

    Args:
        model: The model.
        pruning: What came of it.
        dry_run: Whether it was a look only.
    """
    return PruneAnswer(
        model=model.name,
        dry_run=dry_run,
        deletions=pruning.plan.deletions,
        kept=pruning.plan.kept,
        bytes_freed=pruning.freed.size,
        bytes_shared=pruning.freed.shared,
        events=[logged(event) for event in pruning.events],
        sentence=_sentence(pruning, "would be deleted" if dry_run else "deleted"),
    )


def _sentence(pruning: Pruning, done: str) -> str:
    deletions = pruning.plan.deletions
    if not deletions:
        return "nothing to delete"
    releases = sum(len(one.releases) for one in deletions)
    versions = sum(one.last for one in deletions)
    whole = f", all that there was of {counted(versions, 'version')}" if versions else ""
    shared = pruning.freed.shared
    also = f"; {size(shared)} more have other names by hard links, and stay on the disk" if shared else ""
    return f"{counted(releases, 'release')} {done}{whole}: {size(pruning.freed.size)} freed{also}"
