"""Writing to ML Metadata beside others, and what its complaints mean then."""

import contextlib
import random
import re
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from ml_metadata import errors as mlmd_errors

from tfx_hallmark.lineage.connection.address import Address
from tfx_hallmark.lineage.connection.complaints import explain

T = TypeVar("T")

_ATTEMPTS = 30
# What the databases say of what another process wrote first, where ML Metadata does not translate it.
_ANOTHER_WAS_FIRST = re.compile(
    r"duplicate key value violates unique constraint|Duplicate entry|UNIQUE constraint failed"
    r"|[Dd]eadlock|could not serialize access|Record has changed since last read"
)


def until_settled(write: Callable[[], T]) -> T:
    """Call `write` until no other process comes in between, and return what it returns.

    Args:
        write: Reads what is there and adds, in one transaction, what is not. One that fails leaves
            nothing, and another's success is why it fails: of many at once, one gets on each time.

    Raises:
        StatusError: What ML Metadata raises for anything else, or in the end.
    """
    for attempt in range(1, _ATTEMPTS):
        try:
            return write()
        except mlmd_errors.StatusError as error:
            if not _is_conflict(error):
                raise
        time.sleep(random.uniform(0, 0.01 * attempt))  # noqa: S311 - spreads retries, guards nothing
    return write()


@contextlib.contextmanager
def explained(address: Address) -> Iterator[None]:
    """Turn what ML Metadata raises into one line for the user.

    Args:
        address: Where the store is.

    Raises:
        MetadataError: For any error of ML Metadata.
    """
    try:
        yield
    except mlmd_errors.StatusError as error:
        raise explain(error, address) from error


def _is_conflict(error: mlmd_errors.StatusError) -> bool:
    return isinstance(error, mlmd_errors.AlreadyExistsError) or bool(_ANOTHER_WAS_FIRST.search(str(error)))
