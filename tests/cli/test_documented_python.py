"""README and docs: every Python block compiles, and what it imports from hallmark is there under that name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import tfx_hallmark
from tests.markdown import blocks

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    (page.name, number, block.code) for page in PAGES for number, block in enumerate(blocks(page, "python"))
]


def imported(code: str) -> Iterator[tuple[str, str]]:
    """Gives each module of hallmark that is imported from, and each name."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "tfx_hallmark":
            for alias in node.names:
                yield str(node.module), alias.name


def defined(module: str) -> set[str]:
    """Gives the names that a module defines, without importing it: it may need TensorFlow."""
    path = ROOT / "components" / Path(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    body = ast.parse(source.read_bytes()).body
    names = {one.name for one in body if isinstance(one, (ast.FunctionDef, ast.ClassDef))}
    names |= {
        alias.asname or alias.name for one in body if isinstance(one, ast.ImportFrom) for alias in one.names
    }
    return names | {
        target.id
        for one in body
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }


def test_the_blocks_are_found() -> None:
    assert len(BLOCKS) > 20


@pytest.mark.parametrize(("page", "number", "code"), BLOCKS, ids=lambda part: str(part)[:30].split("\n")[0])
def test_a_python_block_compiles_and_imports_what_is_there(page: str, number: int, code: str) -> None:
    compile(code, f"{page}, block {number}", "exec")
    for module, name in imported(code):
        known = dir(tfx_hallmark) if module == "tfx_hallmark" else defined(module)
        assert name in known, f"{page}: {module} has no {name}"
