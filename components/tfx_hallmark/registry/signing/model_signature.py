"""Signatures made and checked with OpenSSF model-signing, by its stable API, without network.

The statement that is signed lists the SHA-256 of every file, and bears as its name the version's content digest.
So `model_signing verify key` checks a release by its files, and hallmark checks a version by its digest: the
bytes are held against that digest anyway, and need no second reading.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
from model_signing import hashing, manifest, signing, verifying
from model_signing._hashing.hashing import Digest  # what the stable API takes digests as

from tfx_hallmark.registry.signing.files import SignableContent
from tfx_hallmark.registry.signing.keys import PrivateKey
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE


def sign(content: SignableContent, key: PrivateKey) -> dict[str, Any]:
    """Sign a model.

    Args:
        content: What it holds.
        key: The key.

    Returns:
        The Sigstore bundle, as JSON.
    """
    with tempfile.TemporaryDirectory(prefix="hallmark-sign-") as folder:
        written = Path(folder, "bundle.json")
        config = signing.Config()  # type: ignore[no-untyped-call]
        config.set_hashing_config(_Read(_statement(content)))
        # The library hands the password to `cryptography` as it is, which takes bytes only.
        config.use_elliptic_key_signer(private_key=key.path, password=key.password)  # type: ignore[arg-type]
        config.sign(content.digest, written)
        bundle: dict[str, Any] = msgspec.json.decode(written.read_bytes())
    return bundle


def problem(bundle: dict[str, Any], public_key: str, digest: str) -> str | None:
    """Tell what is wrong with a signature; None if it is good.

    Args:
        bundle: The Sigstore bundle, as JSON.
        public_key: The key that must have made it, PEM.
        digest: Content digest of what it must be about.
    """
    with tempfile.TemporaryDirectory(prefix="hallmark-check-") as folder:
        written, key = Path(folder, "bundle.json"), Path(folder, "key.pub")
        written.write_bytes(msgspec.json.encode(bundle))
        key.write_text(public_key)
        config = verifying.Config()  # type: ignore[no-untyped-call]
        try:
            config.use_elliptic_key_verifier(public_key=key)
            config.set_hashing_config(_Read(_Named(digest))).verify(digest, written)
        # Whatever a forged bundle makes the library raise, the answer is no.
        except Exception as error:
            return str(error).partition("\n")[0] or "it was not made with this key over this statement"
    return None


class _Read(hashing.Config):
    """Hands over what is known of a model's content, where the library would read its files."""

    def __init__(self, known: manifest.Manifest) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known = known

    def hash(
        self, model_path: hashing.PathLike, *, files_to_hash: Iterable[hashing.PathLike] | None = None
    ) -> manifest.Manifest:
        """Return it."""
        return self._known


class _Named(manifest.Manifest):
    """Equal to every statement with its name, for the name is the digest of the whole content."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest, (), _serialization(added=(), links=False))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, manifest.Manifest) and other.model_name == self.model_name

    __hash__ = None  # type: ignore[assignment]


def _statement(content: SignableContent) -> manifest.Manifest:
    items = (
        manifest.FileManifestItem(path=PurePosixPath(path), digest=Digest("sha256", bytes.fromhex(sha256)))
        for path, sha256 in content.files.items()
    )
    # What hallmark adds to a release is none of the model's; a warm-up file may be.
    added = [file for file in (HALLMARK_FILE, WARMUP_FILE) if file not in content.files]
    return manifest.Manifest(content.digest, items, _serialization(added=added, links=content.links))


def _serialization(*, added: Sequence[str], links: bool) -> manifest.SerializationType:
    return manifest.SerializationType.from_args(
        {
            "method": "files",
            "hash_type": "sha256",
            "allow_symlinks": links,
            "ignore_paths": list(added),
        }
    )
