"""The answers of `sign` and `signature`: that a version was signed, and whether its signature is good."""

from typing import TYPE_CHECKING, Any

import msgspec

from tfx_hallmark.answers.history import logged
from tfx_hallmark.answers.operation import OperationAnswer
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.event_kinds import Signed
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

if TYPE_CHECKING:
    from tfx_hallmark.registry.signing.signer import Signing


class SignatureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `signature`.

    Attributes:
        model: The model's name.
        version: Semantic version.
        digest: Content digest of the version.
        outcome: `good`; `missing`; `unknown-key`: no key of the registry checks it; `wrong`; or `unchecked`:
            what checks signatures is not installed here.
        detail: What is wrong, in a sentence; empty if it is good.
        required: Whether the registry lets only signed versions serve.
        key: Fingerprint of the key that made it: what `sha256sum` prints for the public key's PEM file.
        time: When it was signed, UTC; null if it was not.
        actor: Who signed it.
        bundle: The signature, a Sigstore bundle; null if there is none.
    """

    model: str
    version: str
    digest: str
    outcome: str
    detail: str
    required: bool
    key: str | None = None
    time: str | None = None
    actor: str | None = None
    bundle: dict[str, Any] | None = None


def signed(signing: "Signing", *, dry_run: bool) -> OperationAnswer:
    """Tell what signing a version did, or would do."""
    by = f"key {signing.key}"
    if signing.already:
        sentence = f"{signing.version} bears a good signature of {by} already"
    else:
        sentence = f"{signing.version} {'would be' if dry_run else 'was'} signed with {by}"
    unknown = (
        "this registry does not check signatures with that key: "
        "name its public half too in 'hallmark config --public-key FILE --reason TEXT'"
    )
    return OperationAnswer(
        model=signing.model,
        kind="signed",
        dry_run=dry_run,
        version=signing.version,
        events=[] if signing.event is None else [logged(signing.event)],
        sentence=sentence,
        warning="" if signing.known else unknown,
    )


def tell_signature(model: Model, which: str) -> SignatureAnswer:
    """Tell who signed a version, and whether the signature is good.

    Args:
        model: The model.
        which: What stands after the `@` of a reference.
    """
    version = model.version(which)
    outcome: str = "unchecked"
    try:
        check = model.signatures.check(version.state)
        outcome, detail = check.outcome, check.detail
    except ConfigError as error:
        detail = str(error)
    event = _newest(model, version.version) if version.state.signature is not None else None
    return SignatureAnswer(
        model=model.name,
        version=version.version,
        digest=version.digest,
        outcome=outcome,
        detail=detail,
        required=model.settings.require_signatures,
        key=version.signed_by,
        time=None if event is None else event.time,
        actor=None if event is None else event.actor,
        bundle=version.signature,
    )


def _newest(model: Model, version: str) -> Event | None:
    return next(
        (
            event
            for event in model.newest_first()
            if isinstance(event.data, Signed) and event.data.version == version
        ),
        None,
    )
