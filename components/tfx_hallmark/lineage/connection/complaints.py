"""Turns what ML Metadata says about a store into one line that says what to do."""

import re
from collections.abc import Callable

from tfx_hallmark.lineage.connection.address import Address
from tfx_hallmark.lineage.errors import MetadataError, NotInitialisedError, OlderSchemaError

INITIALISE = "python -m pipeline.init_metadata --config FILE"

# When PostgreSQL refuses a connection, be it for the user, the password or the database. ML Metadata writes
# the server's reason to the process's error output only.
POSTGRESQL_SAYS_NOTHING = "PostgreSQL metadata source error: "


def explain(error: Exception, address: Address) -> MetadataError:
    """Return an error for the user.

    ML Metadata raises RuntimeError for anything that goes wrong with a connection, and an error of its own
    (ml_metadata/errors.py) for a call; only the text tells one situation from another.

    Args:
        error: What ML Metadata raised.
        address: Where it was to connect to.
    """
    text = str(error)
    for pattern, make in _SITUATIONS:
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return make(address, found)
    return MetadataError(f"cannot use {address}: {_first_line(text)}")


def not_initialised(address: Address) -> NotInitialisedError:
    """Return the error for a store that is not there, or empty."""
    msg = f"{address} holds no ML Metadata that can be read; make its tables, once, with: {INITIALISE}"
    return NotInitialisedError(msg)


def _older(address: Address, found: re.Match[str]) -> MetadataError:
    msg = (
        f"{address} was made by an older ML Metadata (schema {found[1]}, this one has {found[2]}); back it up, "
        f"stop what uses it, and run: {INITIALISE} --upgrade"
    )
    return OlderSchemaError(msg)


def _newer(address: Address, found: re.Match[str]) -> MetadataError:
    msg = (
        f"{address} was made by a newer ML Metadata (schema {found[1]}, this one has {found[2]}); "
        f"install that one here"
    )
    return MetadataError(msg)


def _in_part(address: Address, _: re.Match[str]) -> MetadataError:
    msg = (
        f"{address} holds some of ML Metadata's tables but not all, as after an initialisation that was "
        f"interrupted; if nothing was recorded there, remove them all and run: {INITIALISE}"
    )
    return MetadataError(msg)


def _not_let_in(address: Address, _: re.Match[str]) -> MetadataError:
    if address.kind == "MySQL" and address.host == "localhost":
        hint = "'localhost' means a Unix socket to MySQL's client library; write 127.0.0.1 for TCP"
    elif address.kind == "MySQL":
        hint = "check user and password, and that the account may log in with a password from here"
    else:
        hint = (
            "check user, password and pg_hba.conf; the server's own words are in this process's error output"
        )
    return MetadataError(f"{address.host}:{address.port} does not let user '{address.user}' in; {hint}")


def _not_permitted(address: Address, found: re.Match[str]) -> MetadataError:
    return MetadataError(
        f"not permitted in {address}: {_first_line(found[0])}; docs/metadata.md lists the grants"
    )


def _locked(address: Address, _: re.Match[str]) -> MetadataError:
    return MetadataError(
        f"{address} has been locked by another process for too long; end it, or try again later"
    )


def _no_file(address: Address, _: re.Match[str]) -> MetadataError:
    return MetadataError(f"cannot open {address}; check that it is a file in a folder that can be written to")


def _no_sqlite(address: Address, _: re.Match[str]) -> MetadataError:
    return MetadataError(f"cannot use {address}: it is no SQLite file; name another")


def _absent(address: Address, _: re.Match[str]) -> MetadataError:
    return not_initialised(address)


def _silent(address: Address, _: re.Match[str]) -> MetadataError:
    return MetadataError(f"{address} did not answer in time; check that it is well, and its port")


def _other_service(address: Address, _: re.Match[str]) -> MetadataError:
    return MetadataError(f"cannot use {address}: what listens there is no ML Metadata server; check the port")


_SITUATIONS: tuple[tuple[str, Callable[[Address, re.Match[str]], MetadataError]], ...] = (
    (r"version (\d+) is older than library version (\d+)", _older),
    (r"version (\d+) is greater than library version (\d+)", _newer),
    (r"subset of tables in MLMD instance|MLMDEnv table exists but no schema_version", _in_part),
    (rf"mysql_real_connect failed|connection pointer is NULL|^{POSTGRESQL_SAYS_NOTHING}$", _not_let_in),
    (r"Unknown database '", _absent),
    (r"(?:Access denied|\w+ command denied|permission denied)[^\n]*", _not_permitted),
    (r"Concurrent writes aborted|database is locked", _locked),
    (r"unable to open database file", _no_file),
    (r"file is not a database", _no_sqlite),
    (r"Method not found|failed to connect to all addresses", _other_service),
    (r"Deadline Exceeded", _silent),
)


def _first_line(text: str) -> str:
    # MySQL's complaints come twice, as `errno: TEXT, error: TEXT`.
    return text.strip().partition("\n")[0].partition(", error: ")[0]
