"""Whether versions are signed, and whether the signatures are good: asked before a version may serve.

Nothing here needs the extra `[signing]` until a signature is checked or a key is read.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tfx_hallmark.registry.eligibility import Objection
from tfx_hallmark.registry.errors import ConfigError, SignatureError
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signing.bundle import SignatureBundle, key_fingerprint
from tfx_hallmark.registry.state import ModelState, VersionState

if TYPE_CHECKING:
    from tfx_hallmark.registry.ledger import Ledger
    from tfx_hallmark.registry.release_storage import Releases
    from tfx_hallmark.registry.signing.signer import Signer

Outcome: TypeAlias = Literal["good", "missing", "unknown-key", "wrong"]


class SignatureCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the check of one version's signature.

    Attributes:
        outcome: `good`; `missing`: it has none; `unknown-key`: no key of the root checks it; `wrong`: it is not
            of this content, or was not made with the key that it names.
        key: Fingerprint of the key that it names; None if it names none.
        detail: What is wrong with it, in a sentence; empty if nothing is.
    """

    outcome: Outcome
    key: str | None = None
    detail: str = ""


@contextlib.contextmanager
def signing_extra() -> Iterator[None]:
    """Say which extra is missing where what signatures need cannot be imported.

    Raises:
        ConfigError: If it cannot.
    """
    try:
        yield
    except ImportError as error:
        msg = f"signatures need the extra that is not installed here ({error}): pip install 'tfx-hallmark[signing]'"
        raise ConfigError(msg) from error


def load_public_key(path: Path) -> str:
    """Read a key that signatures are to be checked with, for `Settings.public_keys`.

    Args:
        path: Its PEM file.

    Returns:
        The key as PEM, in the one form that all its files come to.

    Raises:
        SigningKeyError: If the file cannot be read or is no public key of a curve that model-signing knows.
        ConfigError: If the extra `[signing]` is not installed.
    """
    with signing_extra():
        from tfx_hallmark.registry.signing.keys import read_public_key
    return read_public_key(path)


def open_signer(ledger: "Ledger", releases: "Releases", settings: Settings, private_key: Path) -> "Signer":
    """Return what signs versions of a model; the arguments are those of `signing.signer.Signer`.

    Raises:
        SigningKeyError: If the key cannot sign.
        ConfigError: If the extra `[signing]` is not installed.
    """
    with signing_extra():
        from tfx_hallmark.registry.signing.signer import Signer
    return Signer(ledger, releases, settings, private_key)


def unsigned_labels(state: ModelState) -> dict[str, VersionState]:
    """Return the versions without a signature that a label points to, by label, sorted."""
    labelled = {label: state.labelled(label) for label in sorted(state.labels)}
    return {
        label: version
        for label, version in labelled.items()
        if version is not None and version.signature is None
    }


def signature_demands(settings: Settings, model: str) -> Objection:
    """Return what a root demands of signatures, by what the log says alone.

    Args:
        settings: What holds in the root.
        model: The model's name.
    """

    def objection(version: VersionState) -> str | None:
        if not settings.require_signatures or version.signature is not None:
            return None
        return f"it is not signed, and this registry demands it: '{_how_to_sign(model, version)}'"

    return objection


def _how_to_sign(model: str, version: VersionState) -> str:
    return f"hallmark sign {model}@{version.version} --key FILE"


class SignatureRule:
    """What a root demands of signatures, applied to the versions of one model.

    Attributes:
        required: Whether only signed versions may serve.
        model: The model's name.
        objection: Tells why a version may not serve, by what the log says alone; None if it may, or may be checked.

    Args:
        settings: Say whether signatures are required, and with which keys they are checked.
        objects: The model's objects.
        model: The model's name.
    """

    def __init__(self, settings: Settings, objects: ObjectStore, model: str) -> None:
        self.required = settings.require_signatures
        self.model = model
        self.objection = signature_demands(settings, model)
        self._keys = {key_fingerprint(key): key for key in settings.public_keys}
        self._objects = objects

    def require(self, version: VersionState) -> None:
        """Make sure that a version has a good signature, if the root requires one; no file of it is read.

        Raises:
            SignatureError: If it has none, or none that a key of the root checks.
            ConfigError: If the extra `[signing]` is not installed.
            HallmarkError: If the signature cannot be had from the model's objects.
        """
        if not self.required:
            return
        found = self.check(version)
        if found.outcome == "missing":
            msg = f"{self.model} {version.version} may not serve: {self.objection(version)}"
            raise SignatureError(msg)
        if found.outcome != "good":
            msg = (
                f"{self.model} {version.version} has no good signature: {found.detail}; "
                f"choose another version, or sign it anew with '{self.how_to_sign(version)}'"
            )
            raise SignatureError(msg)

    def check(self, version: VersionState) -> SignatureCheck:
        """Check the signature of a version against its content digest.

        Raises:
            ConfigError: If the extra `[signing]` is not installed.
            HallmarkError: If the signature cannot be had from the model's objects.
        """
        if version.signature is None:
            return SignatureCheck(outcome="missing", detail="it is not signed, and this registry demands it")
        bundle = self._objects.get(version.signature, dict[str, Any])
        try:
            claimed = msgspec.convert(bundle, SignatureBundle)
        except msgspec.ValidationError as error:
            return SignatureCheck(outcome="wrong", detail=f"its signature cannot be read ({error})")
        if claimed.digest != version.digest:
            said = "its signature is of other content"
            return SignatureCheck(outcome="wrong", key=claimed.key, detail=said)
        if claimed.key not in self._keys:
            said = f"key {claimed.key[:12]}… made its signature, and is none that this registry checks with"
            return SignatureCheck(outcome="unknown-key", key=claimed.key, detail=said)
        with signing_extra():
            from tfx_hallmark.registry.signing.model_signature import problem
        wrong = problem(bundle, self._keys[claimed.key], version.digest)
        if wrong is not None:
            said = f"its signature does not hold ({wrong})"
            return SignatureCheck(outcome="wrong", key=claimed.key, detail=said)
        return SignatureCheck(outcome="good", key=claimed.key)

    def how_to_sign(self, version: VersionState) -> str:
        """Return the command that signs a version."""
        return _how_to_sign(self.model, version)
