"""Keeping secrets out of records that are never deleted.

What is recorded of settings goes through here: custom_config, hyperparameters, arguments, addresses. Names and
well-known forms are all there is to go by, so this is a net, not a proof: secrets belong in no setting.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

REDACTED = "[redacted]"

_SECRET_WORDS = {
    "apikey", "authorization", "credential", "credentials", "passphrase", "passwd", "password", "pwd", "secret",
    "secrets", "token",
}  # fmt: skip
_SECRET_KEYS = {"access", "account", "api", "auth", "encryption", "license", "private", "secret", "signing"}
# A model's vocabulary has tokens of its own, whose names are hyperparameters.
_VOCABULARY = {
    "begin", "bos", "class", "cls", "end", "eos", "mask", "oov", "pad", "padding", "sep", "separator", "special",
    "start", "stop", "unk", "unknown",
}  # fmt: skip
_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z]+")

_WEB = "https?|wss?|ftps?|git"
# An address with a user name and a password; with either, where the scheme has no other use for what is before @,
# as abfss://CONTAINER@ACCOUNT has.
_USER = re.compile(
    rf"\b((?:{_WEB})://)[^/?#\s@]+@|\b([a-z][a-z0-9+.-]*://)[^/?#\s@:]*:[^/?#\s@]*@", re.IGNORECASE
)
_PARAMETER = re.compile(r"([?&;])([^=&;#\s?]+)=([^&;#\s\"']+)")
_SIGNED = {"sig", "signature", "sas"}
# What GitHub, GitLab, Slack, AWS, Google and others give out, JSON Web Tokens and private keys in PEM.
_WELL_KNOWN = re.compile(
    r"\b(?:gh[opusr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,}|sk-[\w-]{20,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON values with what looks like a secret replaced by `[redacted]`, however deep it lies.

    Args:
        values: By name. What has the name of a password, token, key or the like is replaced whole, unless it can be
            none: true, false, null, and a number for a token. In other text, credentials of URLs are replaced, and
            tokens in well-known forms.
    """
    return {key: _checked(key, value) for key, value in values.items()}


def redacted(text: str) -> str:
    """Return a text with the credentials of URLs in it, and tokens in well-known forms, replaced by `[redacted]`."""
    text = _USER.sub(lambda match: f"{match[1] or match[2]}{REDACTED}@", text)
    if "://" in text:
        text = _PARAMETER.sub(_parameter, text)
    return _WELL_KNOWN.sub(REDACTED, text)


def without_credentials(url: str) -> str:
    """Take user names, passwords and query strings out of a git remote; `git@host:path` stays as it is.

    Args:
        url: A URL, or any other way to write a remote.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    if parts.netloc:
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    # git takes all before the first : for the host in user@host:path; only the user may have a password, `user:x@`.
    user, at, rest = url.partition("@")
    return rest if at and ":" in user else url


def _checked(key: str, value: Any) -> Any:
    if _is_secret(key, value):
        return REDACTED
    if isinstance(value, Mapping):
        return without_secrets(value)
    if isinstance(value, list | tuple):
        return [_checked("", item) for item in value]
    return redacted(value) if isinstance(value, str) else value


def _is_secret(key: str, value: Any) -> bool:
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return False
    words = [word.lower() for word in _WORD.findall(_CAMEL_CASE.sub("_", key))]
    last, before = (words or [""])[-1], words[-2] if len(words) > 1 else ""
    if last == "token":
        return before not in _VOCABULARY and not isinstance(value, int | float)
    return last in _SECRET_WORDS or (last in ("key", "keys") and before in _SECRET_KEYS)


def _parameter(match: re.Match[str]) -> str:
    before, name, value = match.groups()
    secret = _is_secret(name, value) or name.lower().rpartition("-")[2] in _SIGNED
    return f"{before}{name}={REDACTED if secret else value}"
