"""The event, one entry of a model's log, and its versioned form on disk; its kinds are in `event_kinds`.

An event file is one JSON object on one line. Its last member, `sha256`, is the seal: the SHA-256
of everything before that member's comma. `prev` holds the seal of the event before, so each file
can be checked by itself and the order of all of them by the chain.
"""

import hashlib

import msgspec

from tfx_hallmark.registry.errors import CorruptLogError, NewerSchemaError
from tfx_hallmark.registry.event_kinds import (
    Adopted,
    Annotated,
    Evaluated,
    Held,
    Imported,
    Monitored,
    Promoted,
    Pruned,
    Published,
    Quarantined,
    Refused,
    Reproduced,
    RolledBack,
    Signed,
    Tagged,
    Unheld,
    Unquarantined,
    Withdrawn,
)

SCHEMA = 4
GENESIS = "0" * 64  # what the first event has for `prev`
_SEAL_LENGTH = len(',"sha256":""}\n') + 64

Data = (
    Tagged
    | Published
    | Refused
    | Promoted
    | RolledBack
    | Quarantined
    | Unquarantined
    | Pruned
    | Annotated
    | Adopted
    | Evaluated
    | Withdrawn
    | Held
    | Unheld
    | Signed
    | Imported
    | Reproduced
    | Monitored
)
# The schema that brought a kind, where that was not the first one.
_SINCE = {**dict.fromkeys((Withdrawn, Held, Unheld, Signed, Imported), 2), Reproduced: 3, Monitored: 4}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a model's log.

    Attributes:
        schema: Version of this form.
        seq: Position in the log, from 1 without gaps.
        model: The model's name.
        time: UTC, RFC 3339 with microseconds.
        actor: Who or what did it.
        reason: Why, in the actor's words; may be empty.
        prev: Seal of the event before.
        data: What happened.
    """

    schema: int
    seq: int
    model: str
    time: str
    actor: str
    reason: str
    prev: str
    data: Data

    @property
    def kind(self) -> str:
        """The kind of event, as the log spells it."""
        return str(self.data.__struct_config__.tag)


def schema_of(data: Data) -> int:
    """Return the oldest schema that knows a kind: an older hallmark reads on until it meets a newer one."""
    return _SINCE.get(type(data), 1)


class _Header(msgspec.Struct):
    schema: int


def seal(event: Event) -> tuple[bytes, str]:
    """Encode an event; return the file's bytes and the event's seal."""
    body = msgspec.json.encode(event)[:-1]
    digest = hashlib.sha256(body).hexdigest()
    return body + f',"sha256":"{digest}"}}\n'.encode(), digest


def unseal(data: bytes, where: str) -> tuple[Event, str]:
    """Decode an event file; return the event and its seal.

    Args:
        data: The whole file.
        where: The file's path, for the error.

    Raises:
        CorruptLogError: If the file is truncated or was edited.
        NewerSchemaError: If a newer hallmark wrote it.
    """
    body = data[:-_SEAL_LENGTH]
    digest = hashlib.sha256(body).hexdigest()
    if not body or data[-_SEAL_LENGTH:] != f',"sha256":"{digest}"}}\n'.encode():
        msg = f"event {where} is truncated or was edited: restore it from a backup of the registry root"
        raise CorruptLogError(msg)
    try:
        schema = msgspec.json.decode(data, type=_Header).schema
        if schema > SCHEMA:
            msg = (
                f"event {where} has schema {schema}, this hallmark reads up to {SCHEMA}: update tfx-hallmark"
            )
            raise NewerSchemaError(msg)
        return msgspec.json.decode(data, type=Event), digest
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        msg = f"event {where} is not an event this hallmark knows ({error}): restore it from a backup"
        raise CorruptLogError(msg) from error
