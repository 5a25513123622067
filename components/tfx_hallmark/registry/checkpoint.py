"""A saved state, so that opening a model costs only the events since: a cache, never the truth.

One that is unreadable, of another form or ahead of the log is passed over or reported; deleting
it loses nothing.
"""

import gc

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.errors import CorruptLogError, DigestMismatchError, StorageError
from tfx_hallmark.registry.log import EventLog
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.storage import Storage

_KEY = "checkpoint/state.msgpack"
_FORM = 2
_CHECKSUM = 32  # bytes of BLAKE3 before the state: a cache that lies would be worse than none
_LEAST = 64  # events between two checkpoints of a small model


class _Saved(msgspec.Struct):
    form: int
    state: msgspec.Raw


def load(storage: Storage, log: EventLog, model: str) -> ModelState:
    """Return the saved state, or an empty one if there is none to use.

    Raises:
        CorruptLogError: If the log ends before the checkpoint, that is, has lost events.
    """
    state = _decode(storage.read(_KEY))
    if state is None or state.model != model:
        return ModelState(model=model)
    last = log.read(state.seq)
    if last is None:
        msg = (
            f"the log of {model} under {storage.root} has lost events: a checkpoint reaches to event {state.seq}; "
            "restore the log from a backup of the registry root"
        )
        raise CorruptLogError(msg)
    # A checkpoint of another history, say from before a restore, is worth nothing.
    return state if last[1] == state.seal else ModelState(model=model)


def saved_state(storage: Storage) -> ModelState | None:
    """Return the saved state as it is; None if there is none, or one of another form.

    Raises:
        DigestMismatchError: If it is damaged, which `load` passes over.
        StorageError: If it cannot be read.
    """
    data = storage.read(_KEY)
    if data is not None and not _is_whole(data):
        msg = (
            f"checkpoint {storage.root / _KEY} is damaged, and is passed over: delete it, which loses nothing"
        )
        raise DigestMismatchError(msg)
    return _decode(data)


def save_if_due(storage: Storage, state: ModelState, since: int) -> bool:
    """Save the state when enough events have come to pay for it; return whether it was saved.

    Args:
        storage: Where the model's records lie.
        state: A state all of whose releases are exposed.
        since: The position of the checkpoint it was loaded from; 0 for none.
    """
    # In proportion to the log, so that all the saving ever done stays in proportion to it too.
    if state.seq - since < max(_LEAST, since // 200):
        return False
    try:
        storage.replace(_KEY, _encode(state))
    except StorageError:
        # A reader without write permission goes without; the next writer saves it.
        return False
    return True


def _encode(state: ModelState) -> bytes:
    saved = msgspec.msgpack.encode(_Saved(_FORM, msgspec.Raw(msgspec.msgpack.encode(state))))
    return blake3(saved).digest() + saved


def _is_whole(data: bytes) -> bool:
    return blake3(data[_CHECKSUM:]).digest() == data[:_CHECKSUM]


def _decode(data: bytes | None) -> ModelState | None:
    if data is None or not _is_whole(data):
        return None
    # Collecting garbage among hundreds of thousands of new objects takes four times as long as making them.
    collecting = gc.isenabled()
    gc.disable()
    try:
        saved = msgspec.msgpack.decode(data[_CHECKSUM:], type=_Saved)
        return msgspec.msgpack.decode(saved.state, type=ModelState) if saved.form == _FORM else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    finally:
        if collecting:
            gc.enable()
