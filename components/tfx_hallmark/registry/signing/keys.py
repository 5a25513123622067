"""The keys that sign and that check: what can be used, and what is wrong with what cannot.

A key's fingerprint is the SHA-256 of its public half as a PEM file, as `sha256sum key.pub` prints it for a
file that OpenSSL wrote. It is what model-signing keeps in a signature to tell which key made it.
"""

import os
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tfx_hallmark.registry.errors import SigningKeyError
from tfx_hallmark.registry.signing.bundle import key_fingerprint

PASSWORD_VARIABLE = "HALLMARK_SIGNING_KEY_PASSWORD"  # noqa: S105  (the name of a variable, not a password)

_CURVES = ("secp256r1", "secp384r1", "secp521r1")  # those of model_signing._signing.sign_ec_key
_MAKE = "make one with 'openssl ecparam -name prime256v1 -genkey -noout -out FILE'"


class PrivateKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that can sign.

    Attributes:
        path: Its PEM file.
        password: What the file is encrypted with; None if it is not.
        public_key: Its public half, PEM.
    """

    path: Path
    password: bytes | None
    public_key: str

    def __repr__(self) -> str:
        """Show the file alone: a password has no place in a log."""
        return f"PrivateKey(path={self.path!r})"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public half, 64 hex digits."""
        return key_fingerprint(self.public_key)


def read_public_key(path: Path) -> str:
    """Read a key that checks signatures.

    Args:
        path: Its PEM file.

    Returns:
        The key as PEM, in the one form that all its files come to.

    Raises:
        SigningKeyError: If the file cannot be read or is no public key of a curve that model-signing knows.
    """
    data = _read(path)
    if b"PRIVATE KEY-----" in data:
        msg = f"{path} is a private key: give its public half, 'openssl ec -in {path} -pubout' writes it"
        raise SigningKeyError(msg)
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        msg = f"{path} is no public key in PEM: 'openssl ec -in PRIVATE-KEY -pubout' writes one"
        raise SigningKeyError(msg) from error
    return _pem(_fit(key, path))


def read_private_key(path: Path) -> PrivateKey:
    """Read a key that signs; the environment variable HALLMARK_SIGNING_KEY_PASSWORD opens an encrypted one.

    Args:
        path: Its PEM file.

    Raises:
        SigningKeyError: If the file cannot be read, is no private key of a curve that model-signing knows, or
            the password is missing or wrong.
    """
    data = _read(path)
    if b"PUBLIC KEY-----" in data:
        msg = f"{path} is a public key, which cannot sign: give the private key that belongs to it"
        raise SigningKeyError(msg)
    given = os.environ.get(PASSWORD_VARIABLE, "").encode() or None
    password = given if b"ENCRYPTED" in data else None
    try:
        key = serialization.load_pem_private_key(data, password)
    except TypeError as error:
        msg = f"{path} is encrypted: put its password into the environment variable {PASSWORD_VARIABLE}"
        raise SigningKeyError(msg) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        msg = f"{path} is no private key in PEM: {_MAKE}"
        if password is not None:
            msg = f"{path} cannot be decrypted: check the password in {PASSWORD_VARIABLE}, and that the file is whole"
        raise SigningKeyError(msg) from error
    return PrivateKey(path=path, password=password, public_key=_pem(_fit(key, path).public_key()))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"key {path} cannot be read: {error.strerror}; check the path and its permissions"
        raise SigningKeyError(msg) from error


def _fit(key: Any, path: Path) -> Any:
    if not isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey):
        kind = type(key).__name__.removesuffix("PrivateKey").removesuffix("PublicKey").strip("_")
        msg = f"{path} is a key for {kind}, and signatures are made with elliptic curves: {_MAKE}"
        raise SigningKeyError(msg)
    if key.curve.name not in _CURVES:
        msg = f"{path} is a key on the curve {key.curve.name}, and model-signing knows {', '.join(_CURVES)}: {_MAKE}"
        raise SigningKeyError(msg)
    return key


def _pem(key: ec.EllipticCurvePublicKey) -> str:
    encoded = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return encoded.decode()
