"""Names a user may give: models, labels, and references to a version such as `penguin@stable`."""

import re
from typing import Literal

import msgspec

from tfx_hallmark.registry.errors import InvalidNameError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_SEMANTIC = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?\Z")
_RELEASE = re.compile(r"[1-9][0-9]{0,18}\Z")
_DIGEST = re.compile(r"b3:[0-9a-f]{4,64}\Z")
MAX_RELEASE = 2**63 - 1  # TF Serving parses a version directory's name as int64 (absl::SimpleAtoi)

ReferenceKind = Literal["version", "release", "label", "latest", "digest"]


class Reference(msgspec.Struct, frozen=True):
    """One version of one model, as a user writes it.

    Attributes:
        model: The model's name.
        kind: How `value` names the version.
        value: A semantic version, a release number, a label, a digest prefix, or `latest`.
    """

    model: str
    kind: ReferenceKind
    value: str

    def __str__(self) -> str:
        return f"{self.model}@{self.value}"


def check_model_name(name: str) -> str:
    """Return `name` if it can be a model's name, which is also its TF Serving directory.

    Raises:
        InvalidNameError: If it is empty, longer than 128 characters, starts with anything but a
            letter or digit, or holds anything but letters, digits, `.`, `_` and `-`.
    """
    # The registry root keeps TF Serving's configuration beside the models, under this name.
    if not _NAME.match(name) or name == "models.config":
        msg = (
            f"model name {name!r} cannot be used: take letters, digits, '.', '_' and '-', "
            "a letter or digit first, at most 128 characters"
        )
        raise InvalidNameError(msg)
    return name


def check_label(label: str) -> str:
    """Return `label` if it can be a label such as `stable` or `canary`.

    Raises:
        InvalidNameError: If it reads as a number, a version or `latest`, or is not a plain name.
    """
    if not _NAME.match(label) or label == "latest" or label[0].isdigit():
        msg = f"label {label!r} cannot be used: take a plain name such as 'canary' that starts with a letter"
        raise InvalidNameError(msg)
    return label


def parse_release_number(name: str) -> int | None:
    """Read a directory name as a release number, or None if it is not exactly one.

    TF Serving also takes `007`, `+7` and ` 7` for 7 (absl::SimpleAtoi in
    sources/storage_path/file_system_storage_path_source.cc); only the plain form is ours.
    """
    if _RELEASE.match(name) and int(name) <= MAX_RELEASE:
        return int(name)
    return None


def parse_reference(text: str) -> Reference:
    """Read `model@what`, where what is a version, a release number, a label, `latest` or `b3:…`.

    Raises:
        InvalidNameError: If the text is not of that form.
    """
    model, at, value = text.partition("@")
    if not at or not value:
        hint = f"{model if _NAME.match(model) else 'MODEL'}@stable"
        msg = f"{text!r} names no version: write {hint}, or @latest, @1.2.0, @7 (release), @b3:ab12 (digest)"
        raise InvalidNameError(msg)
    check_model_name(model)
    kind: ReferenceKind
    if value == "latest":
        kind = "latest"
    elif _SEMANTIC.match(value):
        kind = "version"
    elif parse_release_number(value) is not None:
        kind = "release"
    elif _DIGEST.match(value):
        kind = "digest"
    elif _NAME.match(value) and not value[0].isdigit():
        kind = "label"
    else:
        msg = f"{text!r}: {value!r} is no version (1.2.0), release (7), label (stable), digest (b3:ab12) or 'latest'"
        raise InvalidNameError(msg)
    return Reference(model, kind, value)
