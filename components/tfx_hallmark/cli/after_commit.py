"""What follows a commit in processes of their own: ML Metadata is brought in step, and events are delivered."""

from tfx_hallmark.cli.background_sync import start_sync
from tfx_hallmark.delivery.background import start_delivery
from tfx_hallmark.registry.store_url import Root


def follow_commit(root: Root, model: str, *, metadata: str | None = None) -> None:
    """Start what follows a commit; returns at once and never fails.

    Args:
        root: The registry root.
        model: The model's name.
        metadata: What `--metadata` gave, if the command has it.
    """
    start_sync(root, model, metadata=metadata)
    start_delivery(root, model)
