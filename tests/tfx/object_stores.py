"""File systems that are not this machine's, so that artifacts in them have no local path.

`ram://` is TensorFlow's own, reached as gs:// is; Beam is taught it here. `memory://` is fsspec's, flat as an
object store and unknown to TensorFlow and Beam, reached as any file system that somebody registers with TFX.
"""

import copy
import io
import uuid
from pathlib import Path
from typing import Any, ClassVar

import fsspec
from apache_beam.io.filesystem import CompressedFile, CompressionTypes, FileMetadata, FileSystem
from tensorflow.io import gfile
from tfx.dsl.io import fileio, filesystem, filesystem_registry
from tfx.types.artifact import Artifact


def new_bucket(scheme: str) -> str:
    """Gives a place of its own in the store."""
    bucket = f"{scheme}://bucket-{uuid.uuid4().hex}"
    fileio.makedirs(bucket)
    return bucket


def upload(source: Path, uri: str) -> str:
    """Puts the files of a directory into a store, one by one, and gives their uri."""
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = f"{uri}/{file.relative_to(source).as_posix()}"
        fileio.makedirs(target.rpartition("/")[0])
        with fileio.open(target, "wb") as writer:
            writer.write(file.read_bytes())
    return uri


def uploaded(artifact: Artifact, uri: str) -> Artifact:
    """Gives an artifact of the same files and properties in a store."""
    moved = copy.deepcopy(artifact)
    moved.uri = upload(Path(artifact.uri), uri)
    return moved


def contents(uri: str) -> dict[str, bytes]:
    """Gives every file under a uri."""
    found = {}
    for folder, _, names in fileio.walk(uri):
        for name in names:
            file = f"{folder.rstrip('/')}/{name}"
            with fileio.open(file, "rb") as reader:
                found[file.removeprefix(f"{uri}/")] = reader.read()
    return found


class RamForBeam(FileSystem):
    """`ram://` for Beam, which finds it by its scheme among the subclasses of FileSystem."""

    @classmethod
    def scheme(cls) -> str:
        return "ram"

    def join(self, basepath: str, *paths: str) -> str:
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path: str) -> tuple[str, str]:
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path: str) -> None:
        gfile.makedirs(path)

    def has_dirs(self) -> bool:
        return True

    def _list(self, dir_or_prefix: str) -> Any:
        for folder, _, names in gfile.walk(dir_or_prefix):
            for name in names:
                yield self.metadata(f"{folder.rstrip('/')}/{name}")

    def create(
        self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO
    ) -> io.BytesIO:
        gfile.makedirs(path.rpartition("/")[0])
        return self._plain_or_compressed(_WrittenAtClose(path), path, compression_type)

    def open(
        self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO
    ) -> io.BytesIO:
        return self._plain_or_compressed(_Read(gfile.GFile(path, "rb").read()), path, compression_type)

    def _plain_or_compressed(self, file: io.BytesIO, path: str, compression_type: str) -> Any:
        kind = FileSystem._get_compression_type(path, compression_type)
        return file if kind == CompressionTypes.UNCOMPRESSED else CompressedFile(file, compression_type=kind)

    def copy(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, destination in zip(source_file_names, destination_file_names, strict=True):
            gfile.copy(source, destination, overwrite=True)

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, destination in zip(source_file_names, destination_file_names, strict=True):
            gfile.rename(source, destination, overwrite=True)

    def exists(self, path: str) -> bool:
        return gfile.exists(path)

    def size(self, path: str) -> int:
        return gfile.stat(path).length

    def last_updated(self, path: str) -> float:
        return gfile.stat(path).mtime_nsec / 1e9

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, self.size(path), self.last_updated(path))

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            gfile.rmtree(path) if gfile.isdir(path) else gfile.remove(path)


class _Read(io.BytesIO):
    mode = "rb"


class _WrittenAtClose(io.BytesIO):
    mode = "wb"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def close(self) -> None:
        if not self.closed:
            with gfile.GFile(self.path, "wb") as file:
                file.write(self.getvalue())
        super().close()


class Registered(filesystem.Filesystem):
    """fsspec's memory file system as TFX takes it, where files can be made to break off."""

    SUPPORTED_SCHEMES = ("memory://",)
    store = fsspec.filesystem("memory")
    breaking: ClassVar[set[str]] = set()  # names of files that break off once something was read or written

    @staticmethod
    def open(name: str, mode: str = "r") -> Any:
        if "r" in mode and not Registered.store.exists(name):
            raise filesystem.NotFoundError
        return _File(Registered.store.open(name, mode), breaks=name.rpartition("/")[2] in Registered.breaking)

    @staticmethod
    def exists(path: str) -> bool:
        return Registered.store.exists(path)

    @staticmethod
    def isdir(path: str) -> bool:
        return Registered.store.isdir(path)

    @staticmethod
    def listdir(path: str) -> list[str]:
        if not Registered.store.isdir(path):
            raise filesystem.NotFoundError
        # As the names of folders come from an object store.
        return [
            entry["name"].rpartition("/")[2] + ("/" if entry["type"] == "directory" else "")
            for entry in Registered.store.ls(path, detail=True)
        ]

    @staticmethod
    def makedirs(path: str) -> None:
        Registered.store.makedirs(path, exist_ok=True)

    @staticmethod
    def rmtree(path: str) -> None:
        Registered.store.rm(path, recursive=True)

    @staticmethod
    def walk(top: str, topdown: bool = True, onerror: Any = None) -> Any:
        for folder, folders, files in Registered.store.walk(top):
            yield f"memory:/{folder}", folders, files


class _File:
    """An open file that takes text for bytes, as TensorFlow's do, and whose connection may be lost on the way."""

    def __init__(self, file: Any, *, breaks: bool) -> None:
        self.file = file
        self.breaks = breaks

    def read(self, size: int = -1) -> bytes:
        if self.breaks and self.file.tell() > 0:
            self._break()
        return self.file.read(16 if self.breaks else size)

    def write(self, data: bytes | str) -> int:
        encoded = data.encode() if isinstance(data, str) else data
        if self.breaks:
            self.file.write(encoded[:16])
            self._break()
        return self.file.write(encoded)

    def _break(self) -> None:
        raise RuntimeError("the store closed the connection\nrequest 42")

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *raised: object) -> None:
        self.file.close()


filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(Registered, priority=-10)
