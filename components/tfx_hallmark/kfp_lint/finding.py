"""What a rule finds, and what is reported of it."""

from typing import Literal, TypeAlias

import msgspec

from tfx_hallmark.kfp_lint.spec import Place

Severity: TypeAlias = Literal["error", "warning"]
Target: TypeAlias = Literal["oss", "vertex"]


class Breach(msgspec.Struct, frozen=True):
    """One place where a rule is broken.

    Attributes:
        place: Keys that lead to it in the document.
        problem: What is wrong there, and what comes of it.
        remedy: What to do.
    """

    place: Place
    problem: str
    remedy: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A breach, with the rule that found it.

    Attributes:
        rule: The rule's name.
        severity: `error` if the pipeline is refused, fails or does something else than it should;
            `warning` if it may.
        place: Keys that lead to it in the document.
        problem: What is wrong there, and what comes of it.
        remedy: What to do.
    """

    rule: str
    severity: Severity
    place: Place
    problem: str
    remedy: str

    @property
    def where(self) -> str:
        """The place as text, e.g. `root.dag.tasks.latest-model-resolver`."""
        return dotted(self.place)

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}; {self.remedy} [{self.rule}]"


def dotted(place: Place) -> str:
    """Write a place as text; keys that hold dots stand in brackets."""
    text = ""
    for key in place:
        if isinstance(key, int):
            text += f"[{key}]"
        elif key and not set(key) - _PLAIN:
            text += f".{key}" if text else key
        else:
            text += f"[{key!r}]"
    return text or "the document"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
