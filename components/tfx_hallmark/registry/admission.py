"""What a version must have before its files are copied into a registry: a good signature, where one is demanded."""

from collections.abc import Callable
from pathlib import Path

from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import SignatureRule, open_signer


class Admission:
    """Lets versions of one model be published.

    Args:
        ledger: The model's records.
        releases: Its base path and staging area.
        settings: Gives what holds in the root.
        signing_key: PEM file of the key that signs what is to be published; None to sign nothing.
    """

    def __init__(
        self, ledger: Ledger, releases: Releases, settings: Callable[[], Settings], signing_key: Path | None
    ) -> None:
        self._ledger = ledger
        self._releases = releases
        self._settings = settings
        self._signing_key = signing_key

    def sign(self, candidate: Path, version: str, *, actor: str, reason: str) -> None:
        """Sign a candidate, if there is a key and it bears no good signature of that.

        Args:
            candidate: The SavedModel that was tagged.
            version: Its semantic version.
            actor: Who publishes.
            reason: Why.

        Raises:
            SigningKeyError: If the key cannot sign.
            SignatureError: If the root requires signatures, but not with this key.
            DigestMismatchError: If the candidate's bytes are not the tagged ones.
            ConfigError: If the extra `[signing]` is not installed.
        """
        if self._signing_key is not None:
            signer = open_signer(self._ledger, self._releases, self._settings(), self._signing_key)
            signer.check_key()
            signer.sign(version, candidate, actor=actor, reason=reason)

    def require(self, version: str) -> None:
        """Make sure that a version has a good signature, if the root requires one.

        Raises:
            SignatureError: If it has none.
            ConfigError: If the extra `[signing]` is not installed.
        """
        rule = SignatureRule(self._settings(), self._ledger.objects, self._ledger.model)
        rule.require(self._ledger.refresh().versions[version])
