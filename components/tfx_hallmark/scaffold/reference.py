"""The reference pipeline's files: where they are in this installation, and which of them a project gets."""

from pathlib import Path

from tfx_hallmark.registry.errors import NotFoundError

_TREES = ("pipeline", "configs")
_LEFT_OUT = Path("pipeline/demo.py")  # shows what hallmark does; a project has no use for it


def reference_folder() -> Path:
    """Return the folder that holds the reference pipeline.

    A wheel carries a copy inside of the package (setup.py puts it there); in a checkout it lies at the top.

    Raises:
        NotFoundError: If it is in neither place.
    """
    here = Path(__file__).parent
    for folder in (here / "template", here.parents[2]):
        if all((folder / tree).is_dir() for tree in _TREES):
            return folder
    msg = f"the reference pipeline is missing from {here}: install tfx-hallmark again, from a wheel or its repository"
    raise NotFoundError(msg)


def reference_files(folder: Path) -> list[Path]:
    """Return the paths below `folder` of the files that make up a project, sorted."""
    paths = [path for tree in _TREES for path in (folder / tree).rglob("*") if path.is_file()]
    return sorted(path for path in (path.relative_to(folder) for path in paths) if _belongs(path))


def _belongs(path: Path) -> bool:
    # Hidden files and those ending in ~ are what editors and file managers leave in a checkout.
    leftovers = (part.startswith(".") or part.endswith("~") or part == "__pycache__" for part in path.parts)
    return path != _LEFT_OUT and not any(leftovers)
