"""Key pairs as OpenSSL writes them, and a registry that demands signatures of them."""

from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.signatures import load_public_key
from tfx_hallmark.registry.store_url import StoreUrl


class KeyPair(msgspec.Struct, frozen=True):
    """The files of a private key and of its public half."""

    private: Path
    public: Path


def write_private(path: Path, key: Any, *, password: bytes | None = None) -> Path:
    """Write a private key, encrypted if there is a password."""
    encryption = (
        serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
    )
    form = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, encryption))
    return path


def write_public(path: Path, key: Any) -> Path:
    """Write the public half of a key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    path.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
    return path


def make_keys(folder: Path, name: str = "key", *, password: bytes | None = None) -> KeyPair:
    """Make a key pair on P-256."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    private = write_private(folder / f"{name}.pem", key, password=password)
    return KeyPair(private, write_public(folder / f"{name}.pub", key))


def demand_signatures(root: Path | StoreUrl, *keys: KeyPair, required: bool = True) -> None:
    """Set the public keys of a registry, and whether it demands signatures."""
    public = tuple(load_public_key(pair.public) for pair in keys)
    Registry.open(root).settings.change(
        lambda settings: msgspec.structs.replace(settings, require_signatures=required, public_keys=public),
        actor="a test",
        reason="a test",
    )
