"""`hallmark list MODEL` with a condition, an order or chosen fields."""

import re
from collections.abc import Sequence
from pathlib import Path

from tfx_hallmark.answers.listing import Wanted
from tfx_hallmark.answers.searching import (
    ChosenFields,
    Column,
    read_columns,
    search_fields,
    search_versions,
)
from tfx_hallmark.answers.text import counted, number, second
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.list_command import print_moment, print_none, print_versions
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.tables import Page
from tfx_hallmark.registry.errors import GitError
from tfx_hallmark.registry.git.clone import Clone
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.search.known_fields import Value
from tfx_hallmark.registry.search.search import Search

_ID = re.compile("[0-9a-fA-F]{4,64}")


def print_found(
    model: Model,
    where: Sequence[str],
    sort: Sequence[str],
    columns: str | None,
    wanted: Wanted,
    *,
    as_json: bool,
) -> None:
    """Print the versions that a search finds.

    Args:
        model: The model.
        where: Conditions that must all hold; none for all versions.
        sort: Fields to sort by.
        columns: Fields to show; None for what `list` always shows.
        wanted: Which versions at all, and how many.
        as_json: Whether to print one JSON document.

    Raises:
        SearchError: If the condition or a field cannot be read.
        NotFoundError: If a record of a version is missing.
    """
    search = Search(where, sort)
    fields = None if columns is None else read_columns(columns)
    progress = Progress(f"{model.name}: versions looked at")
    if fields is None:
        versions = search_versions(model, wanted, search, progress=progress)
        progress.end()
        print_json(versions) if as_json else print_versions(versions)
    else:
        chosen = search_fields(model, wanted, search, fields, progress=progress)
        progress.end()
        print_json(chosen) if as_json else _print_fields(chosen)


def trained_from(commit: str) -> str:
    """Return the condition that a version was trained from a commit.

    Args:
        commit: The beginning of its id, or what git calls it in the working directory: a branch, a tag, `HEAD~2`.

    Raises:
        GitError: If it is neither.
    """
    if not _ID.fullmatch(commit):
        clone = Clone(Path())
        found = clone.commit(commit)
        if found is None:
            msg = f"{commit!r} is neither the beginning of a commit's id, 4 digits or more, nor known to git here"
            raise GitError(msg)
        commit = found
    return f"code.commit like '{commit.lower()}%'"


def _print_fields(answer: ChosenFields) -> None:
    page = Page()
    if not answer.versions:
        print_none(page, answer.model, answer.hints)
        return
    rows = [[_text(one[column.name], column) for column in answer.columns] for one in answer.versions]
    # The last column gets the room that is left: it is not aligned right, whatever it holds.
    right = [index for index, column in enumerate(answer.columns[:-1]) if column.kind == "number"]
    page.table([column.name for column in answer.columns], rows, right=right)
    if answer.more:
        page.line((f"{counted(answer.more, 'other version')} not shown: use --limit N or --all", "dim"))
    print_moment(page, answer.at)


def _text(value: Value | list[Value] | None, column: Column) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and column.name.startswith("metrics."):
        return number(value)
    return second(str(value)) if column.kind == "time" else str(value)
