"""Looks for what a training needs: its inputs, read to the last record, and the source of its module."""

import contextlib
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path, PurePath

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.errors import HallmarkError, NotFoundError
from tfx_hallmark.registry.manifest import Code, InputArtifact
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.registry.version import Version
from tfx_hallmark.reproduction import recipe as names
from tfx_hallmark.reproduction.findings import FoundInput, FoundModule
from tfx_hallmark.reproduction.job import JobInput
from tfx_hallmark.reproduction.recipe import Recipe

_SPLIT = "Split-"  # tfx/types/artifact_utils.py, how a split's folder begins


def needed(recipe: Recipe, *, transform: bool) -> dict[str, InputArtifact]:
    """Return what a training reads, by input.

    Args:
        recipe: What the Trainer was given.
        transform: Whether Transform runs before it, and makes examples and graph anew.
    """
    found = dict(recipe.inputs)
    if transform:
        found.pop(names.EXAMPLES, None)
        found.pop(names.TRANSFORM_GRAPH, None)
        if recipe.raw_examples is not None:
            found[names.RAW_EXAMPLES] = recipe.raw_examples
    return found


def look_at(name: str, artifact: InputArtifact) -> FoundInput:
    """Look at one input, and read its content.

    Args:
        name: Which it is.
        artifact: What is recorded of it.

    Raises:
        HallmarkError: If its file system cannot be asked.
    """
    uris = artifact.uris or (artifact.uri,)
    if not all(map(_there, uris)):
        return FoundInput(uris=uris, there=False)
    if find_spec("tfx") is None:
        return FoundInput(
            uris=uris, there=True, problem="its content was not read: TFX is not installed here"
        )
    found = FoundInput(
        uris=uris, there=True, splits=artifact.splits or _splits(uris[0]), properties=artifact.properties
    )
    try:
        return msgspec.structs.replace(found, digest=_digest(name, as_input(found)))
    except HallmarkError as error:
        return msgspec.structs.replace(found, problem=str(error))


def _there(uri: str) -> bool:
    if _is_local(uri):
        return Path(uri).exists()
    from tfx_hallmark.artifact_files import exists

    return exists(uri)


def _is_local(uri: str) -> bool:
    return "://" not in uri


def as_input(found: FoundInput) -> JobInput:
    """Return what was found as an executor is to see it."""
    return JobInput(uris=found.uris, splits=found.splits, properties=found.properties)


def _digest(name: str, given: JobInput) -> str | None:
    """Read an input as VersionTagger does (tagger/input_contents.py)."""
    if name in (names.EXAMPLES, names.RAW_EXAMPLES):
        from tfx_hallmark.reproduction.executing import artifacts_of
        from tfx_hallmark.tagger.examples_content import read_examples

        return read_examples(*artifacts_of(names.EXAMPLES, given)).digest
    with _local(given.uris[0]) as folder:
        if name == names.SCHEMA:
            from tfx_hallmark.tagger.schema_content import read_schema

            return read_schema(folder).digest
        return digest_tree(folder).digest if folder.is_dir() else None


def _local(uri: str) -> contextlib.AbstractContextManager[Path]:
    # TFX takes seconds to load, and is of no use for a path.
    if _is_local(uri):
        return contextlib.nullcontext(Path(uri))
    from tfx_hallmark.artifact_files import local_view

    return local_view(uri)


def _splits(uri: str) -> tuple[str, ...]:
    """Return the splits that lie under a uri of which none are on record."""
    if _is_local(uri):
        found = sorted(path.name for path in Path(uri).glob(f"{_SPLIT}*"))
    else:
        from tfx.dsl.io import fileio

        found = sorted(name.strip("/") for name in fileio.listdir(uri))
    return tuple(name.removeprefix(_SPLIT) for name in found if name.startswith(_SPLIT))


def look_for_module(version: Version, recipe: Recipe, given: Path | None) -> FoundModule:
    """Find the source of the module that trained a version: as stored, else in a file or the wheel that is the same.

    A file that is given is taken as it is.

    Args:
        version: The version.
        recipe: What its Trainer was given.
        given: Where the user says that the module is.

    Raises:
        NotFoundError: If that file is not there.
        DigestMismatchError: If the source that is stored was changed.
    """
    code = version.manifest.provenance.code or Code()
    digest = code.module_digest
    file = _file_here(code.module, given)
    there = None if file is None else file.read_bytes()
    same = None if there is None or digest is None else _digest_of(there) == digest
    wheel = recipe.wheel if recipe.wheel is not None and Path(recipe.wheel).is_file() else None
    files, lost = _neighbours(version, code, None if file is None else file.parent)
    found = FoundModule(file=_text(file), same=same, files=files, lost=() if wheel else lost, wheel=wheel)
    if there is not None and given is not None:
        return msgspec.structs.replace(found, source=_as_text(there), origin="file")
    stored = None
    # The log outlives a lost object, and so does the way to the same text elsewhere.
    with contextlib.suppress(NotFoundError):
        stored = version.module_source
    if stored is not None:
        return msgspec.structs.replace(found, source=stored, origin="registry")
    if there is not None and same:
        return msgspec.structs.replace(found, source=_as_text(there), origin="file")
    for source in _in_wheel(wheel):
        if digest is not None and _digest_of(source) == digest:
            return msgspec.structs.replace(found, source=_as_text(source), origin="wheel")
    return found


def _neighbours(version: Version, code: Code, folder: Path | None) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the files that TFX packed with the module, stored or the same here, and the names of the others."""
    stored: dict[str, str] = {}
    with contextlib.suppress(NotFoundError):
        stored = version.module_files
    found = {name: text for name, text in stored.items() if PurePath(name).name == name}
    for name, file in code.files.items():
        here = None if folder is None else folder / PurePath(name).name
        if name not in found and here is not None and here.is_file():
            source = here.read_bytes()
            if _digest_of(source) == file.digest:
                found[here.name] = _as_text(source)
    return found, tuple(sorted(code.files.keys() - found.keys()))


def _file_here(module: str | None, given: Path | None) -> Path | None:
    if given is not None:
        if not given.is_file():
            msg = f"{given} is no file: give the module that the version was trained with"
            raise NotFoundError(msg)
        return given.absolute()
    # Where the tree was checked out is not on record: this is the same place if the command runs at its top.
    file = None if module is None else Path(module).absolute()
    return file if file is not None and file.suffix == ".py" and file.is_file() else None


def _in_wheel(wheel: str | None) -> Iterator[bytes]:
    # One that cannot be read is no source, as one that is gone is none.
    with contextlib.suppress(OSError, zipfile.BadZipFile):
        if wheel is None:
            return
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".py"):
                    yield archive.read(name)


def _as_text(source: bytes) -> str:
    """Decode a source so that `encode` with the same handler gives its bytes back, whatever they are."""
    return source.decode(errors="surrogateescape")


def _digest_of(source: bytes) -> str:
    return f"b3:{blake3(source).hexdigest()}"


def _text(file: Path | None) -> str | None:
    return None if file is None else str(file)
