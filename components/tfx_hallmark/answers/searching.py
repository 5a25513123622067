"""The answers of a search among the versions of a model: whole rows as `list` shows them, or chosen fields."""

from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.listing import VersionList, Wanted, in_brief
from tfx_hallmark.answers.moment import state_of
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.search.known_fields import Candidate, Kind, KnownField, Value
from tfx_hallmark.registry.search.search import Search, candidates_of, read_fields


class Column(msgspec.Struct, frozen=True):
    """One field that was chosen.

    Attributes:
        name: The field as it was written, without superfluous quotes.
        kind: What its values are: `text`, `number`, `flag`, `time`, `version`, or `any` of them.
    """

    name: str
    kind: Kind


class ChosenFields(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `list MODEL --columns`.

    Attributes:
        model: The model's name.
        columns: The fields that were chosen, in their order.
        versions: By field what each version has; null for nothing, a list where there may be several.
        more: How many others fit too and are left out.
        at: The moment that this is about, UTC; null for now.
        hints: Of a search that found nothing: what may be wrong with it.
    """

    model: str
    columns: list[Column]
    versions: list[dict[str, Value | list[Value] | None]]
    more: int
    at: str | None
    hints: list[str]


def search_versions(model: Model, wanted: Wanted, search: Search, *, progress: Progress) -> VersionList:
    """List the versions that a search finds.

    Args:
        model: The model.
        wanted: Which of its versions at all.
        search: The condition and the order.
        progress: Told how many were looked at, and of how many.

    Raises:
        NotFoundError: If the model came later, or a record of a version is missing.
    """
    found, more, hints = _found(model, wanted, search, progress)
    return VersionList(
        model=model.name,
        versions=[in_brief(one.state, list(one.labels)) for one in found],
        more=more,
        at=wanted.at,
        hints=hints,
    )


def search_fields(
    model: Model, wanted: Wanted, search: Search, columns: Sequence[KnownField], *, progress: Progress
) -> ChosenFields:
    """List chosen fields of the versions that a search finds; otherwise as `search_versions`.

    Args:
        model: The model.
        wanted: Which of its versions at all.
        search: The condition and the order.
        columns: The fields, in their order.
        progress: Told how many were looked at, and of how many.
    """
    found, more, hints = _found(model, wanted, search, progress)
    return ChosenFields(
        model=model.name,
        columns=[Column(str(column.field), column.kind) for column in columns],
        versions=[{str(column.field): _value(column, one) for column in columns} for one in found],
        more=more,
        at=wanted.at,
        hints=hints,
    )


def read_columns(text: str) -> list[KnownField]:
    """Read the fields that were chosen, e.g. `version,metrics.accuracy`.

    Raises:
        SearchError: If there is no such field.
    """
    return [field for _, field in read_fields(text)]


def _found(
    model: Model, wanted: Wanted, search: Search, progress: Progress
) -> tuple[list[Candidate], int, list[str]]:
    """Return the versions to show, how many more there are, and hints if there are none."""
    state = state_of(model, wanted.at)
    candidates = candidates_of(model.versions(state), state)
    found = search.run([one for one in candidates if wanted.fits(one.state.standing)], progress=progress)
    shown = found[: wanted.limit]
    return shown, len(found) - len(shown), [] if found else search.hints(candidates)


def _value(column: KnownField, candidate: Candidate) -> Value | list[Value] | None:
    found = column.of(candidate)
    return list(found) if isinstance(found, tuple) else found
