"""The answers of `config`: what holds for a registry root, and what a change does."""

import contextlib

import msgspec

from tfx_hallmark.answers.deliveries import kind_of, place_of
from tfx_hallmark.answers.operation import OperationAnswer
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.registry.destinations import ChannelSettings
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.settings import Settings, SettingsChange
from tfx_hallmark.registry.signatures import unsigned_labels


class DestinationSet(msgspec.Struct, frozen=True, kw_only=True):
    """One destination of events, as the settings have it.

    Attributes:
        name: Its name.
        kind: `mirror`, `webhook` or `notification`.
        to: Where it is, as far as that is no secret.
        models: The models whose events go there; empty for all.
        kinds: The kinds of events that go there; empty for all.
    """

    name: str
    kind: str
    to: str
    models: list[str]
    kinds: list[str]


class SettingsTold(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a root, every one of them.

    Attributes:
        serving_policy: What makes TF Serving serve a release: `latest` or `labels`.
        serving_root: The root as the model servers see it; null if they see it where it lies.
        standby: How many earlier good versions stay loaded under `labels`.
        servers: Addresses of the model servers.
        rollback_targets: How many earlier good versions retention leaves of each model.
        require_signatures: Whether only what is signed may be published or get a label.
        public_keys: The keys that signatures are checked with, PEM.
        deliveries: Where events are delivered to.
    """

    serving_policy: str
    serving_root: str | None
    standby: int
    servers: list[str]
    rollback_targets: int
    require_signatures: bool
    public_keys: list[str]
    deliveries: list[DestinationSet]


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """One change of the settings.

    Attributes:
        time: When, UTC.
        actor: Who did it.
        reason: Why.
        settings: What held from then on.
    """

    time: str
    actor: str
    reason: str
    settings: SettingsTold


class ConfigTold(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `config`.

    Attributes:
        root: The registry root.
        dry_run: Whether nothing was changed.
        settings: What holds, or would.
        changes: Every change so far, oldest first.
        models: What becomes of models by this change: those whose `stable` gets the highest number.
        files: What is written to models.config by this change, a sentence for each model.
        unsigned: Where signatures are required, the labels whose versions have none, as `penguin@stable`.
    """

    root: str
    dry_run: bool
    settings: SettingsTold
    changes: list[Changed]
    models: list[OperationAnswer] = []
    files: dict[str, str] = {}
    unsigned: list[str] = []


def config_told(
    registry: Registry,
    settings: Settings,
    *,
    dry_run: bool = False,
    models: list[OperationAnswer] | None = None,
    files: dict[str, str] | None = None,
) -> ConfigTold:
    """Tell what holds for a root, and what has changed it.

    Args:
        registry: The registry.
        settings: What holds, or would.
        dry_run: Whether nothing was changed.
        models: What becomes of models.
        files: What is written to models.config.
    """
    return ConfigTold(
        root=as_text(registry.root),
        dry_run=dry_run,
        settings=_told(settings),
        changes=[_changed(change) for change in registry.settings.changes()],
        models=models or [],
        files=files or {},
        unsigned=_unsigned(registry) if settings.require_signatures else [],
    )


def _unsigned(registry: Registry) -> list[str]:
    found: list[str] = []
    for name in registry.models():
        # One that cannot be read is for `doctor` to tell of; the settings hold all the same.
        with contextlib.suppress(HallmarkError):
            found += (f"{name}@{label}" for label in unsigned_labels(registry.look_at(name).state))
    return found


def _changed(change: SettingsChange) -> Changed:
    return Changed(
        time=change.time, actor=change.actor, reason=change.reason, settings=_told(change.settings)
    )


def _told(settings: Settings) -> SettingsTold:
    # Settings leave out what is as usual; whoever reads this must not have to know what that is.
    return SettingsTold(
        serving_policy=settings.serving_policy,
        serving_root=settings.serving_root,
        standby=settings.standby,
        servers=list(settings.servers),
        rollback_targets=settings.rollback_targets,
        require_signatures=settings.require_signatures,
        public_keys=list(settings.public_keys),
        deliveries=[
            DestinationSet(
                name=one.name,
                kind=kind_of(one),
                to=place_of(one),
                models=list(one.models),
                kinds=list(one.kinds) if isinstance(one, ChannelSettings) else [],
            )
            for one in settings.destinations
        ],
    )
