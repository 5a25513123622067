"""Searches the versions of a model: which fit a condition, in which order, and what their fields hold."""

import contextlib
import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tfx_hallmark.registry.errors import HallmarkError, SearchError
from tfx_hallmark.registry.search.fields import split_fields
from tfx_hallmark.registry.search.known_fields import Candidate, KnownField, order_of

if TYPE_CHECKING:
    from tfx_hallmark.registry.examining.hashing import Progress
    from tfx_hallmark.registry.model import Model
    from tfx_hallmark.registry.search.matching import Matcher
    from tfx_hallmark.registry.state import ModelState
    from tfx_hallmark.registry.version import Version

_NAMED = 3  # how many names a hint suggests
_LOOKED_AT = 20  # of how many versions a hint knows


def _untold(_: int, __: int) -> None:
    """Tell nobody."""


class Search:
    """What is looked for, read and checked before any version is looked at.

    Args:
        where: A condition, see docs/searching.md, or several that must all hold; empty for all versions.
        sort: Fields to sort by, the weightiest first; `-` before one for descending. Versions without a value
            come last either way, and among equals the newest first.

    Raises:
        SearchError: If one of them cannot be read, or there is no such field.
    """

    def __init__(self, where: str | Sequence[str] = "", sort: str | Sequence[str] = ()) -> None:
        self._matches: Matcher | None = None
        self._asked: list[KnownField] = []
        texts = [text for text in ((where,) if isinstance(where, str) else where) if text.strip()]
        if texts:
            # Only now: a parser is dear at the start of a command, and most need none.
            from tfx_hallmark.registry.search.expression import And, fields_of
            from tfx_hallmark.registry.search.grammar import parse
            from tfx_hallmark.registry.search.matching import matcher

            # Each by itself, so that a mistake is told at the column where it was made.
            conditions = tuple(map(parse, texts))
            condition = conditions[0] if len(conditions) == 1 else And(conditions)
            self._matches = matcher(condition)
            self._asked = [KnownField(field, "condition") for field in dict.fromkeys(fields_of(condition))]
        keys = (sort,) if isinstance(sort, str) else sort
        self._keys = [(sign == "-", field) for key in keys for sign, field in read_fields(key, signed=True)]

    def run(self, candidates: Sequence[Candidate], *, progress: "Progress") -> list[Candidate]:
        """Return those that fit, sorted.

        Args:
            candidates: In the order that they have among equals.
            progress: Told how many were looked at, and of how many.

        Raises:
            NotFoundError: If a record of one is missing.
        """
        found = []
        for done, candidate in enumerate(candidates):
            progress(done, len(candidates))
            if self._matches is None or self._matches(candidate):
                found.append(candidate)
        # Sorting keeps the order of equals, so the weightiest key comes last.
        for descending, field in reversed(self._keys):
            found = _sorted(found, field, descending=descending)
        return found

    def hints(self, candidates: Sequence[Candidate]) -> list[str]:
        """Tell of each name in the condition that no version has, and which ones they have instead.

        It is for a search that found nothing: a metric with a letter missing is a name like any other. Only the
        first few versions are looked at.
        """
        told = []
        looked_at = candidates[:_LOOKED_AT]
        # A hint is no reason to fail: what cannot be read is told when it is asked for.
        with contextlib.suppress(HallmarkError):
            for field in self._asked:
                names = dict.fromkeys(name for one in looked_at for name in field.names_of(one))
                if names and all(field.of(one) is None for one in looked_at):
                    near = difflib.get_close_matches(field.field.parts[-1], names) or list(names)[:_NAMED]
                    told.append(f"none of the newest versions has {field.field}; there is {', '.join(near)}")
        return told


def search(
    model: "Model",
    where: str = "",
    *,
    sort: str | Sequence[str] = (),
    limit: int | None = None,
    progress: "Progress" = _untold,
) -> "list[Version]":
    """Return the versions of a model for which a condition holds, by default the newest first.

    !!! Example
        ``` python
        model.search("metrics.accuracy > 0.9 and notes.team = 'ice'", sort="-metrics.accuracy", limit=5)
        ```

    Args:
        model: The model.
        where: A condition, see docs/searching.md; empty for all versions.
        sort: Fields to sort by, the weightiest first; `-` before one for descending.
        limit: How many at most; None for all.
        progress: Told how many were looked at, and of how many.

    Raises:
        SearchError: If the condition cannot be read, or there is no such field.
        NotFoundError: If a record of a version is missing.
    """
    wanted = Search(where, sort)
    state = model.state
    found = wanted.run(candidates_of(model.versions(state), state), progress=progress)
    return [candidate.version for candidate in found[:limit]]


def read_fields(text: str, *, signed: bool = False) -> list[tuple[str, KnownField]]:
    """Read fields with commas between them, each with the `-` before it, if it may have one.

    Args:
        text: E.g. `version,metrics.accuracy`.
        signed: Whether a `-` may stand before a field.

    Raises:
        SearchError: If it is not of that form, or there is no such field.
    """
    found = []
    for sign, field, column in split_fields(text):
        if sign and not signed:
            msg = f"column {column - 1} of {text!r}: a field is expected, without the '-'"
            raise SearchError(msg)
        found.append((sign, KnownField(field, f"column {column} of {text!r}")))
    return found


def candidates_of(versions: "Sequence[Version]", state: "ModelState") -> list[Candidate]:
    """Return the versions of a model as a search takes them, newest first.

    Args:
        versions: All of them, oldest first.
        state: What the log says of the model.
    """
    labels = state.labels_by_version()
    return [Candidate(version, tuple(labels.get(version.version, ()))) for version in reversed(versions)]


def _sorted(candidates: list[Candidate], field: KnownField, *, descending: bool) -> list[Candidate]:
    # Of several values the greatest counts downwards, the least upwards.
    choose = max if descending else min
    known: list[tuple[Any, Candidate]] = []
    unknown: list[Candidate] = []
    for candidate in candidates:
        found = field.of(candidate)
        values = found if isinstance(found, tuple) else () if found is None else (found,)
        if values:
            known.append((choose(order_of(field.kind, value) for value in values), candidate))
        else:
            unknown.append(candidate)
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [*(candidate for _, candidate in known), *unknown]
