"""Specs that TFX compiled (specs/README.md says which and how), read anew for each test to break."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tfx_hallmark.kfp_lint.document import read_spec
from tfx_hallmark.kfp_lint.finding import Finding, Target
from tfx_hallmark.kfp_lint.rules import lint

SPECS = Path(__file__).with_name("specs")


@pytest.fixture
def gated() -> list[dict[str, Any]]:
    """The two documents of a spec without faults."""
    return list(yaml.safe_load_all((SPECS / "gated.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def check() -> Callable[..., list[Finding]]:
    """Checks documents as if they came from a file."""

    def checked(documents: list[Any], target: Target = "oss") -> list[Finding]:
        return lint(read_spec(documents), target)

    return checked
