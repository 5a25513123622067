"""The files behind an artifact's uri, whether it is a local path or leads into an object store.

On Kubeflow Pipelines the pipeline root is gs:// or s3://, so artifacts are no local directories there.
What reads models and results wants paths: it is given the artifact's own where it is local, and a
temporary copy where it is not. Remote files go through `tfx.dsl.io.fileio`, so through TensorFlow's
file systems or one that was registered with TFX (tfx/dsl/io/filesystem_registry.py).
"""

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tfx.dsl.io import fileio, filesystem_registry
from tfx.dsl.io.plugins.tensorflow_gfile import TensorflowFilesystem

from tfx_hallmark.registry.copy import link_tree
from tfx_hallmark.registry.errors import ConfigError, HallmarkError, StorageError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.savedmodel.graph_file import BINARY_FILE, TEXT_FILE
from tfx_hallmark.registry.tree import BLOCK


def is_local(uri: str) -> bool:
    """Tell whether a uri is a path of this machine (as tfx/dsl/io/filesystem_registry.py tells)."""
    return "://" not in uri


@contextlib.contextmanager
def local_view(uri: str) -> Iterator[Path]:
    """Give a path under which the files of a uri can be read: its own, or a temporary copy's.

    Where nothing lies under the uri, nothing lies under the path either, so that whoever reads it
    complains as about a local path. Errors of ours that name the copy are raised again with the uri.

    Args:
        uri: A directory or a file.

    Raises:
        ConfigError: If nothing here knows a file system for the uri's scheme.
        StorageError: If it cannot be read, or there is no room for the copy.
    """
    if is_local(uri):
        yield Path(uri)
        return
    with tempfile.TemporaryDirectory(prefix="hallmark-") as scratch:
        path = Path(scratch) / PurePosixPath(uri).name
        with explain_file_errors(f"copying {uri} to {scratch}", uri):
            _copy_down(uri, path)
        try:
            yield path
        except HallmarkError as error:
            raise type(error)(str(error).replace(str(path), uri.rstrip("/"))) from error


@contextlib.contextmanager
def readable_by_tensorflow(file: str) -> Iterator[str]:
    """Give a name under which TensorFlow's own readers find a file, without a copy wherever that can be.

    Args:
        file: Path or uri of a file.

    Raises:
        ConfigError: As `local_view` does.
        StorageError: As `local_view` does.
    """
    registry = filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY
    if registry.get_filesystem_for_path(file) is TensorflowFilesystem:
        yield file
        return
    with local_view(file) as path:
        yield str(path)


def exists(uri: str) -> bool:
    """Tell whether anything lies under a uri.

    Raises:
        ConfigError: If nothing here knows a file system for the uri's scheme.
        StorageError: If the store cannot be asked.
    """
    with explain_file_errors(f"looking for {uri}", uri):
        return bool(fileio.exists(uri))


def file_names(folder: str) -> list[str]:
    """Return the names of the files directly in a directory, sorted.

    Raises:
        Exception: Whatever its file system raises if it cannot be listed.
    """
    return [name for name in _names(folder) if not fileio.isdir(f"{folder}/{name}")]


def write_tree(source: Path, uri: str) -> None:
    """Put a release's files under a uri: by hard links where that is local, else by copies.

    The graph file is written last, so that what can be loaded is complete. What a first attempt of a
    retried task left there is deleted first.

    Args:
        source: A release, or any directory of files.
        uri: A directory.

    Raises:
        ConfigError: If nothing here knows a file system for the uri's scheme.
        StorageError: If it cannot be written.
        OSError: If the uri is local and cannot be written.
    """
    if is_local(uri):
        link_tree(source, Path(uri))
        return
    files = sorted(path for path in source.rglob("*") if path.is_file())
    with explain_file_errors(f"copying {source} to {uri}", uri):
        if fileio.exists(uri):
            fileio.rmtree(uri)
        for file in sorted(files, key=lambda file: file.name in (BINARY_FILE, TEXT_FILE)):
            _copy_up(file, f"{uri}/{file.relative_to(source).as_posix()}")


def write_release(model: Model, release: int, uri: str) -> None:
    """Put a release under a uri: by hard links where both are local; see `write_tree` and `Model.fetch`.

    Raises:
        NotFoundError: If the release is gone.
        DigestMismatchError: If it was downloaded and is not what was published.
        ConfigError: If nothing here knows a file system for the uri's scheme.
        StorageError: If it cannot be read or written.
    """
    if is_local(uri):
        model.fetch(release, Path(uri))
        return
    with model.directory_of(release) as path:
        write_tree(path, uri)


def write_file(uri: str, data: bytes) -> None:
    """Write a file, and the directory that it lies in.

    Raises:
        ConfigError: If nothing here knows a file system for the uri's scheme.
        StorageError: If it cannot be written.
    """
    with explain_file_errors(f"writing {uri}", uri):
        fileio.makedirs(uri.rpartition("/")[0])
        with fileio.open(uri, "wb") as file:
            file.write(data)


@contextlib.contextmanager
def explain_file_errors(doing: str, uri: str) -> Iterator[None]:
    """Turn whatever a file system raises into one line for the user.

    Args:
        doing: What is being done, as a phrase.
        uri: With which.

    Raises:
        ConfigError: If nothing here knows a file system for the uri's scheme.
        StorageError: If the body raises anything else.
    """
    try:
        yield
    except HallmarkError:
        raise
    except Exception as error:
        # TensorFlow raises its own kind, and a registered file system whatever its client raises.
        raise _explained(error, doing, uri) from error


def one_line(error: Exception) -> str:
    """Return the first line of an error's message, or its kind where it has none."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _explained(error: Exception, doing: str, uri: str) -> HallmarkError:
    import tensorflow as tf

    scheme = uri.partition("://")[0] + "://"
    if isinstance(error, tf.errors.UnimplementedError) and not is_local(uri):
        return ConfigError(
            f"no file system for {scheme} is known here, so {uri} is out of reach: put the pipeline root on gs:// or "
            f"on a mounted volume, or have every task load TensorFlow's file system for {scheme} (tensorflow-io)"
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(f"no space left while {doing}: free some, or point TMPDIR to a bigger disk")
    return StorageError(
        f"failed while {doing} ({one_line(error)}): check the store and the task's permissions, then run it again"
    )


def _copy_down(uri: str, path: Path) -> None:
    if fileio.isdir(uri):
        path.mkdir(parents=True)
        # Not fileio.walk, which passes over a folder that it cannot list.
        for name in _names(uri):
            _copy_down(f"{uri.rstrip('/')}/{name}", path / name)
    elif fileio.exists(uri):
        # In blocks, which fileio.copy does only within one file system.
        with fileio.open(uri, "rb") as reader, path.open("wb") as writer:
            shutil.copyfileobj(reader, writer, BLOCK)


def _copy_up(path: Path, uri: str) -> None:
    fileio.makedirs(uri.rpartition("/")[0])
    with path.open("rb") as reader, fileio.open(uri, "wb") as writer:
        shutil.copyfileobj(reader, writer, BLOCK)


def _names(folder: str) -> list[str]:
    # An object store lists its folders with a slash at the end, and itself without a name.
    names = {name.strip("/") for name in fileio.listdir(folder)} - {""}
    for name in names:
        if name in (".", "..") or "/" in name:
            msg = f"{folder} holds an entry {name!r}, which is no file's name: remove it"
            raise StorageError(msg)
    return sorted(names)
