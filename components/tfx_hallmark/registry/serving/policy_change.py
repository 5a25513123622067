"""Changing the settings of a root, with what they ask of its models and of `models.config`."""

from collections.abc import Callable, Iterator

import msgspec

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.operations import Operation
from tfx_hallmark.registry.plans import PromotionPlan, plan_promotion
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.serving.following import Following
from tfx_hallmark.registry.serving.plan import ServingPlan
from tfx_hallmark.registry.serving.server_config import ConfigFile, config_file_of
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.state import STABLE, ModelState

_EMPTY = "model_config_list {\n}\n"  # a server does not start without the file


class SettingsChanged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a change of settings.

    Attributes:
        settings: What holds now.
        promoted: Under `latest`, what was stable and had not the highest number, and has it now.
        followed: Under `labels`, how far `models.config` has followed, by model.
        failed: Why it could not be done for a model, by its name; the same command again goes on there.
    """

    settings: Settings
    promoted: tuple[Operation, ...]
    followed: dict[str, Following]
    failed: dict[str, str]


class SettingsRehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """What would come of a change of settings.

    Attributes:
        settings: What would hold.
        promotions: Under `latest`, what is stable and would get the highest number.
        serving: Under `labels`, what would be done to `models.config`, by model.
        failed: Under `latest`, why nothing could be done for a model, by its name.
    """

    settings: Settings
    promotions: tuple[PromotionPlan, ...]
    serving: dict[str, ServingPlan]
    failed: dict[str, str]


def change_settings(
    registry: Registry, decide: Callable[[Settings], Settings], *, actor: str, reason: str
) -> SettingsChanged:
    """Change the settings; then make what is stable serve under them.

    A switch from `labels` to `latest` gives every stable version that has not the highest number a new one,
    an event each, so that what serves stays what is stable. A switch to `labels` writes `models.config`.
    Settings that hold already are no change, but the models are brought in step with them all the same.

    Args:
        registry: The registry.
        decide: Returns the new settings from the present ones.
        actor: Who does it.
        reason: Why; of the events, too.

    Raises:
        ConfigError: If `models.config` cannot be used; nothing was changed then.
        StorageError: If the settings cannot be written.
        HallmarkError: If a model cannot be read, under `labels`; nothing was changed then.
    """
    after = decide(registry.settings.read())
    if after.serving_policy == "labels":
        for model in _models(registry.model, registry):
            model.serving.under(after).plan()
    settings = registry.settings.change(decide, actor=actor, reason=reason)
    promoted: list[Operation] = []
    followed: dict[str, Following] = {}
    failed: dict[str, str] = {}
    # Opened as they lie, for whoever opens one to operate on it lets `models.config` follow unasked.
    for name in registry.models():
        try:
            model = registry.look_at(name)
            if settings.serving_policy == "labels":
                following = model.serving.follow()
                if following is not None:
                    followed[name] = following
            elif _is_outnumbered(model.state):
                promoted.append(model.promote(STABLE, STABLE, reason=reason, actor=actor))
        except HallmarkError as error:
            failed[name] = str(error)
    if settings.serving_policy == "labels":
        _file(registry).rewrite(lambda text: text or _EMPTY)
    return SettingsChanged(settings=settings, promoted=tuple(promoted), followed=followed, failed=failed)


def rehearse_change(registry: Registry, decide: Callable[[Settings], Settings]) -> SettingsRehearsed:
    """Return what `change_settings` would do, and change nothing; the arguments and errors are the same."""
    after = decide(registry.settings.read())
    promotions: list[PromotionPlan] = []
    serving: dict[str, ServingPlan] = {}
    failed: dict[str, str] = {}
    if after.serving_policy == "labels":
        models = _models(registry.look_at, registry)
        serving = {model.name: model.serving.under(after).plan() for model in models}
    else:
        for name in registry.models():
            try:
                state = registry.look_at(name).state
                if state.stable is not None and _is_outnumbered(state):
                    promotions.append(plan_promotion(state, "latest", state.stable.version, STABLE, None))
            except HallmarkError as error:
                failed[name] = str(error)
    return SettingsRehearsed(settings=after, promotions=tuple(promotions), serving=serving, failed=failed)


def _models(open_model: Callable[[str], Model], registry: Registry) -> Iterator[Model]:
    return map(open_model, registry.models())


def _file(registry: Registry) -> ConfigFile:
    # It lies beside every base path, also of a model that there is not.
    return config_file_of(registry.places("any")[1])


def _is_outnumbered(state: ModelState) -> bool:
    """Tell whether TF Serving would serve by default something else than what is stable."""
    return STABLE in state.labels and state.labels[STABLE] != state.highest_release
