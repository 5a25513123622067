"""In which order a model's entry in `models.config` may change, worked out from what is known alone.

TF Serving sets labels before it loads anything, and refuses the whole file, other models' entries too, if a
label points to what is not loaded (`UpdateModelVersionLabelMap` in its model_servers/server_core.cc). So a
version is listed first, and a label moves to it once every server has loaded it. What nothing needs any more
may leave in the same step as the label, which moves before that.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import islice

import msgspec

from tfx_hallmark.registry.eligibility import newest_release, objection_to_serving, rollback_targets
from tfx_hallmark.registry.serving.server_config_text import Entry
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import signature_demands
from tfx_hallmark.registry.state import ModelState


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a model's entry, which a model server can follow.

    Attributes:
        needs: Releases that every server must have loaded before.
        loads: Releases that it adds.
        moves: What labels point to afterwards, of those that change; None for a label that goes.
        unloads: Releases that it takes out.
        base_path: The new base path, if it becomes another one.
        entry: The entry afterwards; None if it goes.
    """

    needs: tuple[int, ...]
    loads: tuple[int, ...]
    moves: Mapping[str, int | None]
    unloads: tuple[int, ...]
    base_path: str | None
    entry: Entry | None


class ServingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The way from what `models.config` says of a model to what the registry wants.

    Attributes:
        model: The model's name.
        present: Its entry now; None if there is none.
        steps: What is left to do, in order; empty if the file says what the registry wants.
        ready: Whether the first step may be taken now.
    """

    model: str
    present: Entry | None
    steps: tuple[Step, ...]
    ready: bool


def plan_serving(
    state: ModelState,
    settings: Settings,
    present: Entry | None,
    *,
    base_path: str,
    is_there: Callable[[int], bool],
    loaded: Collection[int] | None = None,
) -> ServingPlan:
    """Plan how a model's entry comes to say what the registry wants.

    Args:
        state: The model's state.
        settings: Of its root.
        present: Its entry now.
        base_path: Its base path, as the servers see it.
        is_there: Tells whether a release is complete in it; no other is listed.
        loaded: What every server has loaded; by default what the entry lists, without what it marks as loading.
    """

    def may_serve(number: int) -> bool:
        return _may_serve(state, number) and is_there(number)

    wanted = _wanted(state, settings, base_path, may_serve)
    known = set(_taken_as_loaded(present) if loaded is None else loaded)
    steps: list[Step] = []
    now, ready = present, True
    while True:
        then = _next(now, wanted, known, may_serve)
        if not _same(now, then):
            steps.append(_step(now, then))
            now = then
        elif now is None or known.issuperset(now.versions):
            break
        else:
            # What comes then needs what is listed, once it is loaded.
            known |= set(now.versions)
            ready = ready and bool(steps)
    return ServingPlan(model=state.model, present=present, steps=tuple(steps), ready=ready and bool(steps))


def confirmed(entry: Entry | None, loaded: Collection[int] | None) -> Entry | None:
    """Return an entry without the marks on what is loaded: all of it on the user's word, if `loaded` is None."""
    if entry is None:
        return None
    loading = () if loaded is None else tuple(number for number in entry.loading if number not in loaded)
    return msgspec.structs.replace(entry, loading=loading)


def _wanted(
    state: ModelState, settings: Settings, base_path: str, may_serve: Callable[[int], bool]
) -> Entry | None:
    # Also where its release is committed and about to be exposed: till then the label stays where it is.
    labels = {label: number for label, number in state.labels.items() if _may_serve(state, number)}
    if not labels:
        return None
    targets = rollback_targets(state, signature_demands(settings, state.model))
    standby = [newest_release(state, version) for version in islice(targets, settings.standby)]
    versions = filter(may_serve, {*labels.values(), *standby})
    return Entry(base_path=base_path, versions=tuple(sorted(versions)), labels=labels)


def _may_serve(state: ModelState, number: int) -> bool:
    release = state.releases.get(number)
    if release is None:
        return False
    version = state.versions[release.version]
    return number not in version.pruned and objection_to_serving(state, version) is None


def _next(
    now: Entry | None, wanted: Entry | None, loaded: Collection[int], may_serve: Callable[[int], bool]
) -> Entry | None:
    """Return the entry that may come next: labels move only to what is loaded, and wait where they are else."""
    if wanted is None:
        return None
    labels = {}
    for label, number in wanted.labels.items():
        before = None if now is None else now.labels.get(label)
        if may_serve(number) and (number in loaded or number == before):
            labels[label] = number
        elif before is not None and may_serve(before):
            labels[label] = before
    versions = {*wanted.versions, *labels.values()}
    if not versions:
        return None
    loading = versions - set(loaded) - set(labels.values())
    return Entry(
        base_path=wanted.base_path,
        versions=tuple(sorted(versions)),
        labels=labels,
        loading=tuple(sorted(loading)),
    )


def _taken_as_loaded(entry: Entry | None) -> set[int]:
    return set() if entry is None else {*entry.versions, *entry.labels.values()} - set(entry.loading)


def _same(one: Entry | None, other: Entry | None) -> bool:
    """Tell whether two entries mean the same to a server, which does not see the marks."""
    return confirmed(one, None) == confirmed(other, None)


def _step(now: Entry | None, then: Entry | None) -> Step:
    listed, labels = (set(now.versions), now.labels) if now else (set(), {})
    versions, after = (set(then.versions), then.labels) if then else (set(), {})
    moves = {
        label: after.get(label)
        for label in sorted({*labels, *after})
        if labels.get(label) != after.get(label)
    }
    return Step(
        needs=tuple(sorted({number for number in moves.values() if number is not None})),
        loads=tuple(sorted(versions - listed)),
        moves=moves,
        unloads=tuple(sorted(listed - versions)),
        base_path=None if now is None or then is None or now.base_path == then.base_path else then.base_path,
        entry=then,
    )
