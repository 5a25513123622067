"""A signature as it is kept: a Sigstore bundle, of which this reads what concerns hallmark; nothing is checked.

The signature itself is checked in `model_signature`, with model-signing. What is read here says which key to
check with, and lets an audit tell, on a host without that library, whether the records agree.
"""

import base64
import binascii
import hashlib

import msgspec

SUBJECT_FORM = "b3:"  # how the name of what was signed begins: it is the content digest


def key_fingerprint(public_key: str) -> str:
    """Return the SHA-256 of a key as `load_public_key` returns it: what `sha256sum` prints for its PEM file."""
    return hashlib.sha256(public_key.encode()).hexdigest()


class _PublicKey(msgspec.Struct, frozen=True):
    hint: str


class _Material(msgspec.Struct, frozen=True, rename="camel"):
    public_key: _PublicKey


class _Envelope(msgspec.Struct, frozen=True, rename="camel"):
    payload: str


class _Subject(msgspec.Struct, frozen=True):
    name: str


class _Statement(msgspec.Struct, frozen=True):
    subject: tuple[_Subject, ...]


class SignatureBundle(msgspec.Struct, frozen=True, rename="camel"):
    """A Sigstore bundle that was made with a key.

    Attributes:
        verification_material: Says with which key it is to be checked.
        dsse_envelope: What is signed, and the signature.
    """

    verification_material: _Material
    dsse_envelope: _Envelope

    @property
    def key(self) -> str:
        """Fingerprint of the key that is said to have made it."""
        return self.verification_material.public_key.hint

    @property
    def digest(self) -> str | None:
        """Content digest of what is said to be signed; None if the statement names none."""
        try:
            payload = base64.b64decode(self.dsse_envelope.payload, validate=True)
            subjects = msgspec.json.decode(payload, type=_Statement).subject
        except (msgspec.MsgspecError, UnicodeDecodeError, binascii.Error):
            return None
        named = [subject.name for subject in subjects if subject.name.startswith(SUBJECT_FORM)]
        return named[0] if len(subjects) == len(named) == 1 else None
