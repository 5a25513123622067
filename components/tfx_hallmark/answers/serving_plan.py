"""The answers of `serving-plan`, and what an operation tells of `models.config`."""

import difflib
from collections.abc import Sequence

import msgspec

from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.serving.following import Following
from tfx_hallmark.registry.serving.plan import Step


class StepTold(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a model's entry in `models.config`.

    Attributes:
        needs: Releases that every server must have loaded before.
        loads: Releases that it adds.
        moves: What labels point to afterwards, of those that change; null for a label that goes.
        unloads: Releases that it takes out.
        sentence: What it does, in words.
    """

    needs: list[int]
    loads: list[int]
    moves: dict[str, int | None]
    unloads: list[int]
    sentence: str


class ConfigFollowed(msgspec.Struct, frozen=True, kw_only=True):
    """How far `models.config` has followed an operation.

    Attributes:
        file: Its path.
        taken: The step that was taken; null if none could be.
        left: The steps that are left, in order.
        hint: What to do about those; empty if none is left.
    """

    file: str
    taken: StepTold | None
    left: list[StepTold]
    hint: str


class ServingPlanTold(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `serving-plan`.

    Attributes:
        model: The model's name.
        policy: The serving policy; under `latest` nothing is ever written.
        file: The path of `models.config`.
        taken: The steps that this command took, in order.
        left: The steps that are left, in order; empty if the file says what the labels say.
        ready: Whether the first of them can be taken now.
        diff: What the first of them changes in the file, as a unified diff; empty if none is left.
        waiting: What the servers are still to do; empty if nothing, or if they were not asked.
    """

    model: str
    policy: str
    file: str
    taken: list[StepTold]
    left: list[StepTold]
    ready: bool
    diff: str
    waiting: list[str]


def followed(model: str, following: Following | None) -> ConfigFollowed | None:
    """Tell how far `models.config` has followed an operation; None under the policy `latest`."""
    if following is None:
        return None
    return ConfigFollowed(
        file=following.file,
        taken=None if following.taken is None else told(following.taken),
        left=[told(step) for step in following.left],
        hint=_hint(model, following.left),
    )


def serving_plan(
    model: Model,
    *,
    taken: Sequence[Following] = (),
    loaded: frozenset[int] | None = None,
    waiting: Sequence[str] = (),
) -> ServingPlanTold:
    """Tell what is left to be done to `models.config`.

    Args:
        model: The model.
        taken: The steps that were taken just now.
        loaded: What every server has loaded, if they were asked.
        waiting: What they are still to do, in words.
    """
    plan = model.serving.plan(loaded=loaded)
    return ServingPlanTold(
        model=model.name,
        policy=model.settings.serving_policy,
        file=model.serving.file.where,
        taken=[told(following.taken) for following in taken if following.taken is not None],
        left=[told(step) for step in plan.steps],
        ready=plan.ready,
        diff=_diff(model, plan.steps[0]) if plan.steps else "",
        waiting=list(waiting),
    )


def told(step: Step) -> StepTold:
    """Tell what a step does."""
    return StepTold(
        needs=list(step.needs),
        loads=list(step.loads),
        moves=dict(step.moves),
        unloads=list(step.unloads),
        sentence=_sentence(step),
    )


def _sentence(step: Step) -> str:
    if step.entry is None:
        return f"takes the entry out{f', and with it {_releases(step.unloads)}' if step.unloads else ''}"
    parts = [] if step.base_path is None else [f"sets the base path to {step.base_path}"]
    parts += [f"adds {_releases(step.loads)}"] if step.loads else []
    for label, release in step.moves.items():
        parts.append(f"takes {label} off" if release is None else f"moves {label} to release {release}")
    parts += [f"takes out {_releases(step.unloads)}"] if step.unloads else []
    return "; ".join(parts) or "names the releases to be loaded"


def _hint(model: str, left: Sequence[Step]) -> str:
    if not left:
        return ""
    needs = _releases(left[0].needs)
    return f"once the servers have loaded {needs}, run 'hallmark serving-plan {model} --apply', or let --wait do it"


def _releases(numbers: Sequence[int]) -> str:
    return f"release{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _diff(model: Model, step: Step) -> str:
    file = model.serving.file
    before = file.read().splitlines()
    after = model.serving.text_after(step).splitlines()
    return "\n".join(difflib.unified_diff(before, after, file.where, file.where, lineterm=""))
