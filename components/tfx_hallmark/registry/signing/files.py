"""The files of a model as a signature lists them: each with its SHA-256, found out as its content is read.

A version's content digest is made of BLAKE3, the signature of SHA-256, which is what the command line of
model-signing checks. Both come from the same bytes, read once: so nobody can have one thing checked and
another signed.
"""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.tree import BLOCK, THREADS, FileEntry, combine, model_files


class SignableContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature is about.

    Attributes:
        digest: Content digest, `b3:…`.
        files: SHA-256 of each file, 64 hex digits, by path.
        links: Whether some of the files are symbolic links, as they may be in an adopted directory.
    """

    digest: str
    files: Mapping[str, str]
    links: bool


def read_content(root: Path) -> SignableContent:
    """Read a model, several files at a time.

    Raises:
        InvalidModelError: As `tree.digest_tree` does.
    """
    paths = model_files(root)
    with ThreadPoolExecutor(THREADS) as readers, ThreadPoolExecutor(THREADS) as beside:
        read = list(readers.map(lambda relative: _read_file(root, relative, beside), paths))
    return SignableContent(
        digest=combine(entry for entry, _ in read).digest,
        files={entry.path: sha256 for entry, sha256 in read},
        links=any((root / path).is_symlink() for path in paths),
    )


def _read_file(root: Path, relative: str, beside: ThreadPoolExecutor) -> tuple[FileEntry, str]:
    content, signed = blake3(), hashlib.sha256()
    size = 0
    block = bytearray(BLOCK)
    view = memoryview(block)
    try:
        with (root / relative).open("rb", buffering=0) as file:
            while count := file.readinto(block):
                # SHA-256 takes several times as long, so BLAKE3 costs nothing while it runs.
                slow = beside.submit(signed.update, view[:count])
                content.update(view[:count])
                slow.result()
                size += count
    except OSError as error:
        msg = f"{root / relative} cannot be read: {error.strerror}; check its permissions and the disk"
        raise InvalidModelError(msg) from error
    return FileEntry(relative, size, content.hexdigest()), signed.hexdigest()
