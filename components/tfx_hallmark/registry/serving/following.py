"""Keeps a model's entry in `models.config` in step with its labels, under the policy `labels`."""

from collections.abc import Callable, Collection

import msgspec

from tfx_hallmark.registry.errors import HallmarkError, StorageError
from tfx_hallmark.registry.serving.plan import ServingPlan, Step, confirmed, plan_serving
from tfx_hallmark.registry.serving.server_config import ConfigFile
from tfx_hallmark.registry.serving.server_config_text import Entry, ServerConfigText, glimpse
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.state import ModelState


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """How far `models.config` has followed.

    Attributes:
        file: Its path.
        taken: The step that was just taken; None if none could be.
        left: The steps that are left, in order.
    """

    file: str
    taken: Step | None
    left: tuple[Step, ...]


class ConfigFollower:
    """The entry of one model in `models.config`; get it from `Model.serving`.

    Under the policy `latest` nothing is ever written.

    Args:
        file: The file.
        state: Gives the model's state, up to this moment.
        settings: Gives what holds in the root.
        is_there: Tells whether a release is complete in the base path.
    """

    def __init__(
        self,
        file: ConfigFile,
        state: Callable[[], ModelState],
        settings: Callable[[], Settings],
        is_there: Callable[[int], bool],
    ) -> None:
        self.file = file
        self._state = state
        self._settings = settings
        self._is_there = is_there

    def under(self, settings: Settings) -> "ConfigFollower":
        """Return the same as it would be under other settings."""
        return ConfigFollower(self.file, self._state, lambda: settings, self._is_there)

    @property
    def active(self) -> bool:
        """Whether the policy is `labels`."""
        return self._settings().serving_policy == "labels"

    def check(self) -> None:
        """Make sure that the entry can be changed, before anything else is.

        Raises:
            ConfigError: If the file cannot be used.
            StorageError: If it cannot be read.
        """
        if self.active:
            self._text(self.file.read()).entry(self._state().model)

    def plan(self, *, loaded: Collection[int] | None = None) -> ServingPlan:
        """Return the steps that are left, as if the policy were `labels`; nothing is changed.

        Args:
            loaded: What every server has loaded; by default what the file says that they had.

        Raises:
            ConfigError: If the file cannot be used.
            StorageError: If it cannot be read.
        """
        return self._plan(self._text(self.file.read()).entry(self._state().model), loaded)

    def text_after(self, step: Step) -> str:
        """Return what the whole file would be after a step.

        Raises:
            ConfigError: If the file cannot be used.
        """
        return self._text(self.file.read()).with_entry(self._state().model, step.entry)

    def follow(self) -> Following | None:
        """Take the first step if the servers can follow it now; None if the policy is `latest`.

        Raises:
            ConfigError: If the file cannot be used.
            StorageError: If it cannot be written.
        """
        return (
            self._rewrite(lambda entry: self._plan(entry, None), lambda entry: entry) if self.active else None
        )

    def apply(self, *, loaded: Collection[int] | None = None) -> Following:
        """Take the next step, and believe that what the file lists is loaded, unless `loaded` says what is.

        Args:
            loaded: What every server has loaded, if that is known.

        Raises:
            ConfigError: If the file cannot be used.
            StorageError: If it cannot be written.
        """

        def plan(entry: Entry | None) -> ServingPlan:
            believed = () if entry is None else (*entry.versions, *entry.labels.values())
            return self._plan(entry, believed if loaded is None else loaded)

        return self._rewrite(plan, lambda entry: confirmed(entry, loaded))

    def finish_others(self) -> None:
        """Take the first step for whoever committed a change and could not: cheap if there is none to be taken.

        Raises:
            ConfigError: If the file cannot be used.
            StorageError: If it cannot be written.
        """
        if not self.active:
            return
        text, model = self.file.read(), self._state().model
        entry = glimpse(text, model) or self._text(text).entry(model)
        if self._plan(entry, None).ready:
            self.follow()

    def follow_after(self, committed: str) -> Following | None:
        """Take the first step after an operation that is on record.

        Args:
            committed: What was committed, in words, for the error.

        Raises:
            StorageError: If it cannot be taken.
        """
        try:
            return self.follow()
        except HallmarkError as error:
            msg = (
                f"{committed} is on record, but {self.file.where} does not follow it yet: {error}; "
                "after that, run 'hallmark serving-plan MODEL --apply'".replace("MODEL", self._state().model)
            )
            raise StorageError(msg) from error

    def _plan(self, entry: Entry | None, loaded: Collection[int] | None) -> ServingPlan:
        # First the state: what it says was published is shown, or will be by whoever published it.
        state, settings = self._state(), self._settings()
        root = (settings.serving_root or self.file.root).rstrip("/")
        return plan_serving(
            state,
            settings,
            entry,
            base_path=f"{root}/{state.model}",
            is_there=self._is_there,
            loaded=loaded,
        )

    def _rewrite(
        self, plan: Callable[[Entry | None], ServingPlan], settled: Callable[[Entry | None], Entry | None]
    ) -> Following:
        """Take the step that a plan starts with; without one, let `settled` tell what the entry becomes."""
        plans: list[ServingPlan] = []

        def edit(before: str) -> str:
            text = self._text(before)
            model = self._state().model
            entry = text.entry(model)
            planned = plan(entry)
            plans.append(planned)
            after = planned.steps[0].entry if planned.ready else settled(entry)
            return before if after == entry else text.with_entry(model, after)

        self.file.rewrite(edit)
        last = plans[-1]
        return Following(
            file=self.file.where,
            taken=last.steps[0] if last.ready else None,
            left=last.steps[1:] if last.ready else last.steps,
        )

    def _text(self, text: str) -> ServerConfigText:
        return ServerConfigText(text, self.file.where)
