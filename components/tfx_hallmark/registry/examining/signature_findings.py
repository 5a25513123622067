"""What an examination says of the signatures of versions."""

from tfx_hallmark.registry.errors import ConfigError, HallmarkError
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.record_findings import object_unusable
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import SignatureRule
from tfx_hallmark.registry.state import VersionState

UNDEMANDING = Settings()  # no signature required, no key to check with


def signature_findings(rule: SignatureRule, version: VersionState) -> list[Finding]:
    """Return what is wrong with the signature of a version.

    That there is none, or none that a key of the root checks, is wrong only where signatures are required. One
    that is of other content, or not made with the key that it names, is wrong in any case.

    Args:
        rule: What the root demands.
        version: The version.
    """
    where = f"{rule.model}@{version.version} signature"
    try:
        check = rule.check(version)
    except ConfigError as error:
        return [_finding("unchecked", where, str(error), "install the extra")] if rule.required else []
    except HallmarkError as error:
        return [object_unusable(where, error)]
    if check.outcome == "good" or (check.outcome != "wrong" and not rule.required):
        return []
    return [_finding(check.outcome, where, check.detail, rule.how_to_sign(version))]


def _finding(outcome: str, where: str, what: str, repair: str) -> Finding:
    return Finding(code=f"signature-{outcome}", where=where, what=what, repair=repair)
