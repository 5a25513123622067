"""Imports go one way, and the registry is light."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tfx_hallmark

PACKAGE = Path(tfx_hallmark.__file__).parent
HEAVY = {"tensorflow", "tfx", "apache_beam", "ml_metadata", "tensorflow_model_analysis", "pandas", "pydantic"}
COMPONENTS = {"tagger", "pusher", "baseline", "evaluator", "monitor"}
MAY_USE = {
    "registry": {"registry"},
    "evidence": {"evidence", "registry"},
    "lineage": {"lineage", "registry"},
    "kfp_lint": {"kfp_lint", "registry"},
    "orchestration": {"orchestration", "kfp_lint", "lineage", "registry", *COMPONENTS},
    "scaffold": {"scaffold", "registry"},
    "answers": {"answers", "registry"},
    "mirrors": {"answers", "mirrors", "registry"},
    "training_log": {"artifact_files", "registry", "training_log"},
    "notifications": {"answers", "notifications", "registry"},
    "delivery": {"answers", "delivery", "mirrors", "notifications", "registry"},
    "reproduction": {
        "artifact_files",
        "evidence",
        "lineage",
        "registry",
        "reproduction",
        "tagger",
        "training_log",
    },
    "cli": {
        *["answers", "cli", "dashboard", "delivery", "evidence", "lineage", "mirrors", "registry"],
        *["reproduction", "scaffold"],
    },
    "dashboard": {"answers", "dashboard", "delivery", "registry", "evidence", "lineage"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(module: Path) -> set[str]:
    """Gives every module that a file imports, wherever in the file, by its full name."""
    found = set()
    package = ["tfx_hallmark", *module.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(module.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            found |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
    return found


def parts_used(module: Path) -> set[str]:
    """Gives the parts of the package that a module imports, e.g. `registry`."""
    known = {path.stem for path in PACKAGE.iterdir()}
    own = {name.split(".")[1] for name in imports(module) if name.startswith("tfx_hallmark.")}
    return own & known


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(module: Path) -> None:
    part = module.relative_to(PACKAGE).parts[0]
    if part in MAY_USE:
        assert parts_used(module) <= MAY_USE[part]
    elif part in COMPONENTS:
        assert not parts_used(module) & {"cli", "dashboard"}
    assert not {name for name in imports(module) if name.split(".")[0] == "pipeline"}


@pytest.mark.parametrize("module", sorted((PACKAGE / "registry").rglob("*.py")), ids=lambda path: path.name)
def test_i12_nothing_heavy_is_imported_anywhere_in_the_registry(module: Path) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & HEAVY


def test_the_walk_sees_imports_of_every_form(tmp_path: Path) -> None:
    module = PACKAGE / "registry" / "imagined.py"

    class Source(type(module)):
        def read_bytes(self) -> bytes:
            return b"def f():\n  import tensorflow as tf\n  from ..cli import main\n  from tfx_hallmark import pusher\n"

    found = imports(Source(module))
    assert {"tensorflow", "tfx_hallmark.cli", "tfx_hallmark.pusher"} <= found


@pytest.mark.parametrize("module", ["tfx_hallmark", "tfx_hallmark.registry.registry"])
def test_i12_importing_the_registry_loads_nothing_heavy(module: str) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert module in loaded
    assert not {name.split(".")[0] for name in loaded} & HEAVY
    parts = {name.split(".")[1] for name in loaded if name.startswith("tfx_hallmark.")}
    assert parts <= {"registry"}
