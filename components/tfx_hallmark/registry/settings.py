"""The settings of a registry root: what holds for all of its models, with who set it, when and why.

They lie beside the models' records as numbered files, of which the newest holds. None is ever changed,
so what was set at any time can be told, and creating the next number is a compare-and-swap as in a log.
"""

import re
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from tfx_hallmark.registry.destinations import Destinations
from tfx_hallmark.registry.errors import CorruptLogError, NewerSchemaError
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.storage import Storage

ServingPolicy: TypeAlias = Literal["latest", "labels"]

_FOLDER = ".settings"  # no model can have this name
_NUMBERED = re.compile(r"\d{20}\.json")
_SCHEMA = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What holds for all models of a root.

    Attributes:
        serving_policy: What makes TF Serving serve a release by default: `latest`, its highest number;
            `labels`, the label `stable` in a generated `models.config`.
        serving_root: The registry root as the model servers see it, for `models.config`; None if they see
            it where it lies.
        standby: Under `labels`, how many earlier good versions are kept loaded beside the labelled ones,
            so that a rollback has to wait for no loading.
        servers: Addresses of the REST interfaces of the model servers, `http://host:8501`.
        rollback_targets: How many earlier good versions retention must leave of each model.
        require_signatures: Whether only a version with a good signature may be published or get a label.
        public_keys: The keys that signatures are checked with, PEM.
        destinations: Where events are delivered to after their commit.
    """

    serving_policy: ServingPolicy = "latest"
    serving_root: str | None = None
    standby: int = 1
    servers: tuple[str, ...] = ()
    rollback_targets: int = 2
    require_signatures: bool = False
    public_keys: tuple[str, ...] = ()
    destinations: Destinations = Destinations()


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the settings.

    Attributes:
        schema: Version of this form.
        seq: Its position, from 1.
        time: UTC, RFC 3339 with microseconds.
        actor: Who did it.
        reason: Why.
        settings: What held from then on.
    """

    schema: int
    seq: int
    time: str
    actor: str
    reason: str
    settings: Settings


class _Header(msgspec.Struct):
    schema: int


class SettingsStore:
    """The settings of one root.

    Args:
        storage: Where the records of the root's models lie.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def read(self) -> Settings:
        """Return what holds now.

        Raises:
            CorruptLogError: If the newest file is damaged.
            NewerSchemaError: If a newer hallmark wrote it.
        """
        changes = self._keys()
        return self._change(changes[-1]).settings if changes else Settings()

    def changes(self) -> list[SettingsChange]:
        """Return every change, oldest first.

        Raises:
            CorruptLogError: If a file is damaged.
            NewerSchemaError: If a newer hallmark wrote one.
        """
        return [self._change(key) for key in self._keys()]

    def change(self, decide: Callable[[Settings], Settings], *, actor: str, reason: str) -> Settings:
        """Set what `decide` makes of the present settings, which it is asked anew if others are faster.

        Args:
            decide: Returns the new settings; the same ones to leave all as it is.
            actor: Who does it.
            reason: Why.

        Returns:
            What holds now.

        Raises:
            StorageError: If they cannot be written.
        """
        while True:
            keys = self._keys()
            before = self._change(keys[-1]).settings if keys else Settings()
            after = decide(before)
            if after == before:
                return before
            change = SettingsChange(
                schema=_SCHEMA,
                # After the last one, not by their number: one that a restore lost leaves a gap.
                seq=int(keys[-1].removesuffix(".json")) + 1 if keys else 1,
                time=utc_now(),
                actor=actor,
                reason=reason,
                settings=after,
            )
            if self._storage.create(f"{_FOLDER}/{change.seq:020d}.json", msgspec.json.encode(change)):
                return after

    def _keys(self) -> list[str]:
        return [key for key in self._storage.keys(_FOLDER) if _NUMBERED.fullmatch(key)]

    def _change(self, name: str) -> SettingsChange:
        where = f"settings {self._storage.root}/{_FOLDER}/{name}"
        data = self._storage.read(f"{_FOLDER}/{name}") or b""
        try:
            # First, for a newer form may be none that this hallmark could read.
            schema = msgspec.json.decode(data, type=_Header).schema
            if schema <= _SCHEMA:
                return msgspec.json.decode(data, type=SettingsChange)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            msg = f"{where} is damaged ({error}): restore it from a backup of the registry root"
            raise CorruptLogError(msg) from error
        msg = f"{where} has schema {schema}, this hallmark reads up to {_SCHEMA}: update tfx-hallmark"
        raise NewerSchemaError(msg)
