"""Directories as something else than hallmark leaves them."""

import shutil
from pathlib import Path

from tfx_hallmark.registry.events import Adopted
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.tree import digest_tree


def writable(path: Path) -> Path:
    for folder in [path, *path.rglob("*")]:
        folder.chmod(0o755 if folder.is_dir() else 0o644)
    return path


def adopt(model: Model, source: Path, number: int, *labels: str) -> str:
    """Takes in a directory as if something else had published it."""
    shutil.copytree(source, model.path / str(number), symlinks=True)
    content = digest_tree(source)
    version = f"0.{number}.0"
    data = Adopted(
        version=version,
        digest=content.digest,
        release=number,
        manifest="b3:0",
        size=content.size,
        labels=labels,
    )
    model._ledger.commit(lambda _: data, actor="a test")
    return version
