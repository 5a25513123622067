"""Signing a version: its bytes are read and held against its digest, then signed, then the event is committed."""

from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import DigestMismatchError, NotFoundError, SignatureError
from tfx_hallmark.registry.event_kinds import Signed
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.fetching import directory_of
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import SignatureRule
from tfx_hallmark.registry.signing.files import SignableContent, read_content
from tfx_hallmark.registry.signing.keys import read_private_key
from tfx_hallmark.registry.signing.model_signature import sign
from tfx_hallmark.registry.state import VersionState


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """What came of signing a version, or would.

    Attributes:
        model: The model's name.
        version: Semantic version.
        digest: Content digest of what is signed.
        key: Fingerprint of the key.
        known: Whether the root checks signatures with that key's public half.
        already: Whether it bears a good signature of that key, so that nothing is to be done.
        event: What was committed; None if nothing was.
    """

    model: str
    version: str
    digest: str
    key: str
    known: bool
    already: bool
    event: Event | None = None


class Signer:
    """Signs versions of one model with one key.

    Args:
        ledger: The model's records.
        releases: Its base path and staging area.
        settings: What holds in the root.
        private_key: PEM file of the key.

    Raises:
        SigningKeyError: If it cannot sign.
    """

    def __init__(self, ledger: Ledger, releases: Releases, settings: Settings, private_key: Path) -> None:
        self._ledger = ledger
        self._releases = releases
        self._key = read_private_key(private_key)
        self._required = settings.require_signatures
        self._known = self._key.public_key in settings.public_keys

    def rehearse(self, version: str, candidate: Path | None) -> Signing:
        """Do all of `sign` that comes before its first write."""
        signing = self._look(version)
        if not signing.already:
            self._read(self._ledger.refresh().versions[version], candidate)
        return signing

    def sign(self, version: str, candidate: Path | None, *, actor: str, reason: str) -> Signing:
        """Sign a version, unless it bears a good signature of this key.

        Args:
            version: Semantic version.
            candidate: A directory that holds it; by default its newest release.
            actor: Who signs.
            reason: Why.

        Raises:
            NotFoundError: If no candidate is given, and it has no release.
            DigestMismatchError: If what is there is not the version.
            InvalidModelError: If it cannot be read.
            StorageError: If the signature cannot be written.
        """
        signing = self._look(version)
        if signing.already:
            return signing
        bundle = sign(self._read(self._ledger.refresh().versions[version], candidate), self._key)
        signed = Signed(
            version=version, signature=self._ledger.objects.put(bundle), key=self._key.fingerprint
        )
        event = self._ledger.commit(lambda _: signed, actor=actor, reason=reason)
        return msgspec.structs.replace(signing, event=event)

    def check_key(self) -> None:
        """Make sure that what this key signs may serve.

        Raises:
            SignatureError: If the root requires signatures, and not with this key.
        """
        if self._required and not self._known:
            msg = (
                f"key {self._key.path} has the fingerprint {self._key.fingerprint[:12]}…, which is none that this "
                "registry checks with: sign with another key, or name this one too in 'hallmark config "
                "--public-key FILE'"
            )
            raise SignatureError(msg)

    def _look(self, version: str) -> Signing:
        state = self._ledger.refresh().versions[version]
        return Signing(
            model=self._ledger.model,
            version=version,
            digest=state.digest,
            key=self._key.fingerprint,
            known=self._known,
            already=self._has_signed(state),
        )

    def _has_signed(self, version: VersionState) -> bool:
        # Whether the root checks with this key is another question.
        mine = Settings(public_keys=(self._key.public_key,))
        rule = SignatureRule(mine, self._ledger.objects, self._ledger.model)
        try:
            return rule.check(version).outcome == "good"
        except (NotFoundError, DigestMismatchError):
            return False  # lost, or changed: signing anew is the cure

    def _read(self, version: VersionState, candidate: Path | None) -> SignableContent:
        named = f"{self._ledger.model}@{version.version}"
        if candidate is None:
            where, content = self._read_release(version, named)
        else:
            where, content = str(candidate), read_content(candidate)
        if content.digest != version.digest:
            msg = (
                f"{where} does not hold {named}: its digest is {content.digest[:15]}…, that of the version "
                f"{version.digest[:15]}…; nothing was signed, see 'hallmark verify {named}'"
            )
            raise DigestMismatchError(msg)
        return content

    def _read_release(self, version: VersionState, named: str) -> tuple[str, SignableContent]:
        number = self._ledger.refresh().serving_release(version)
        if number is None or not self._releases.is_there(number):
            msg = f"{named} has no release to read: give the directory that holds it, or push it first"
            raise NotFoundError(msg)
        with directory_of(self._ledger, self._releases, number) as path:
            return self._releases.location_of(number), read_content(path)
