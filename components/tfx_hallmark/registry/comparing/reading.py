"""Reading what is stored beside manifests, such that one lost object costs a line and not the comparison."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from tfx_hallmark.registry.errors import DigestMismatchError, NewerSchemaError, NotFoundError
from tfx_hallmark.registry.verdict import Evidence, Verdict

if TYPE_CHECKING:
    from tfx_hallmark.registry.version import Version

T = TypeVar("T")


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of one version, None for what is not recorded or cannot be read.

    Attributes:
        verdict: The gate's last decision.
        evidence: What was measured.
        packages: Version of every package where it was made.
        schema_text: The schema of its data, in protobuf's text format.
        module_source: Source of the training module.
        code_diff: Changes that were not in the git commit.
        unreadable: What cannot be read and why, a line each.
    """

    verdict: Verdict | None
    evidence: Evidence | None
    packages: dict[str, str] | None
    schema_text: str | None
    module_source: str | None
    code_diff: str | None
    unreadable: tuple[str, ...] = ()


def stored(version: "Version") -> Stored:
    """Read what is stored of a version beside its manifest."""
    unreadable: list[str] = []

    def read(what: str, get: Callable[[], T]) -> T | None:
        try:
            return get()
        except (NotFoundError, DigestMismatchError, NewerSchemaError) as error:
            unreadable.append(f"{what} of {version.version} cannot be read: {error}")
            return None

    verdict = read("the verdict", lambda: version.verdict)
    # Which evidence counts is told by the verdict: without that there is nothing to look for.
    judged = version.state.verdict is None or verdict is not None
    return Stored(
        verdict=verdict,
        evidence=read("the evidence", lambda: version.evidence) if judged else None,
        packages=read("the list of packages", lambda: version.packages),
        schema_text=read("the schema", lambda: version.schema_text),
        module_source=read("the module's source", lambda: version.module_source),
        code_diff=read("the uncommitted changes", lambda: version.code_diff),
        unreadable=tuple(unreadable),
    )
