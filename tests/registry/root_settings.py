"""Sets what holds in a registry root."""

from pathlib import Path
from typing import Any

import msgspec

from tfx_hallmark.registry.registry import Registry


def set_in(root: Path, **changes: Any) -> None:
    """Change settings of a root, as `hallmark config` does."""
    Registry.open(root).settings.change(
        lambda before: msgspec.structs.replace(before, **changes), actor="a test", reason="a test"
    )
