"""In which steps a model's entry changes, such that a running TF Serving can follow each of them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.events import GENESIS
from tfx_hallmark.registry.serving.plan import ServingPlan, confirmed, plan_serving
from tfx_hallmark.registry.serving.server_config_text import Entry
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.state import ModelState, Release, StableMove, VersionState

WHEN = "2026-01-01T00:00:00.000000Z"


def state_of(
    labels: dict[str, int],
    *,
    count: int = 5,
    stable: tuple[int, ...] = (),
    barred: frozenset[int] = frozenset(),
) -> ModelState:
    """Gives a state of releases 1 to `count`, each of a version of its own; `stable` is what was so in order."""
    versions = {
        f"1.0.{number}": VersionState(
            version=f"1.0.{number}",
            digest=f"b3:{number}",
            manifest="",
            size=1,
            created=WHEN,
            status="published",
            releases=[number],
            quarantined="it leaks" if number in barred else None,
        )
        for number in range(1, count + 1)
    }
    moves = [StableMove(seq=seq, time=WHEN, release=number) for seq, number in enumerate(stable, 1)]
    return ModelState(
        model="penguin",
        seal=GENESIS,
        versions=versions,
        releases={number: Release(f"1.0.{number}", WHEN) for number in range(1, count + 1)},
        labels=labels,
        stable_moves=moves,
    )


def plan(state: ModelState, present: Entry | None, *, standby: int = 1, **options: Any) -> ServingPlan:
    options.setdefault("is_there", lambda _: True)
    settings = Settings(serving_policy="labels", standby=standby)
    return plan_serving(state, settings, present, base_path="/m/penguin", **options)


def entry(versions: tuple[int, ...], loading: tuple[int, ...] = (), **labels: int) -> Entry:
    return Entry(base_path="/m/penguin", versions=versions, labels=labels, loading=loading)


def test_a_first_version_is_listed_then_labelled() -> None:
    planned = plan(state_of({"stable": 1}, stable=(1,)), None)
    assert [(step.needs, step.loads, step.moves) for step in planned.steps] == [
        ((), (1,), {}),
        ((1,), (), {"stable": 1}),
    ]
    assert planned.ready
    assert planned.steps[0].entry == entry((1,), (1,))


def test_what_comes_next_waits_until_it_is_loaded() -> None:
    state = state_of({"stable": 1}, stable=(1,))
    waiting = plan(state, entry((1,), (1,)))
    assert (waiting.ready, len(waiting.steps)) == (False, 1)
    assert not plan(state, entry((1,), (1,)), loaded=set()).ready
    loaded = plan(state, entry((1,), (1,)), loaded={1})
    assert loaded.ready
    assert loaded.steps[0].entry == entry((1,), stable=1)


def test_the_old_version_stays_as_standby_and_what_nothing_needs_leaves_with_the_label() -> None:
    state = state_of({"stable": 3}, stable=(1, 2, 3))
    planned = plan(state, entry((1, 2), stable=2))
    assert [(step.loads, step.unloads, step.moves) for step in planned.steps] == [
        ((3,), (1,), {}),
        ((), (), {"stable": 3}),
    ]
    assert planned.steps[-1].entry == entry((2, 3), stable=3)


@pytest.mark.parametrize(("standby", "versions"), [(0, (4,)), (1, (3, 4)), (2, (2, 3, 4)), (9, (1, 2, 3, 4))])
def test_as_many_stand_by_as_the_root_says(standby: int, versions: tuple[int, ...]) -> None:
    planned = plan(state_of({"stable": 4}, stable=(1, 2, 3, 4)), None, standby=standby)
    assert planned.steps[-1].entry == entry(versions, stable=4)


def test_a_file_that_says_what_is_wanted_needs_no_step() -> None:
    planned = plan(state_of({"stable": 2}, stable=(1, 2)), entry((1, 2), stable=2))
    assert (planned.steps, planned.ready) == ((), False)


def test_another_base_path_is_a_step() -> None:
    present = msgspec.structs.replace(entry((1, 2), stable=2), base_path="/old")
    (step,) = plan(state_of({"stable": 2}, stable=(1, 2)), present).steps
    assert (step.base_path, step.loads, step.moves, step.unloads) == ("/m/penguin", (), {}, ())


def test_a_release_that_is_not_complete_is_not_listed() -> None:
    planned = plan(state_of({"stable": 3}, stable=(2, 3)), entry((2,), stable=2), is_there=lambda n: n != 3)
    assert all(3 not in (step.entry.versions if step.entry else ()) for step in planned.steps)


def test_until_a_committed_release_is_there_its_label_stays_where_it_is() -> None:
    state = state_of({"stable": 3, "canary": 1}, stable=(2, 3))
    present = entry((1, 2), stable=2, canary=1)
    assert plan(state, present, is_there=lambda number: number != 3).steps == ()
    only = state_of({"stable": 1}, count=1, stable=(1,))
    assert plan(only, None, is_there=lambda _: False).steps == ()


def test_a_label_that_leads_to_what_was_taken_away_is_off_and_what_stands_by_stays() -> None:
    state = state_of({"stable": 3}, stable=(2, 3))
    (step,) = plan(state, entry((2, 3), stable=3), is_there=lambda number: number != 3).steps
    assert (step.entry, step.moves) == (entry((2,)), {"stable": None})


def test_i9_what_is_in_quarantine_leaves_in_the_first_step_and_its_label_waits_for_the_next() -> None:
    state = state_of({"stable": 1}, stable=(1, 2, 1), barred=frozenset({2}))
    planned = plan(state, entry((2,), stable=2))
    assert planned.steps[0].entry == entry((1,), (1,))
    assert planned.steps[0].moves == {"stable": None}
    assert planned.steps[1].entry == entry((1,), stable=1)


def test_without_a_label_the_entry_goes() -> None:
    (step,) = plan(state_of({}), entry((1,), stable=1)).steps
    assert (step.entry, step.unloads, step.moves) == (None, (1,), {"stable": None})


def test_a_mark_goes_when_it_is_said_that_the_version_is_loaded() -> None:
    assert confirmed(entry((1, 2), (1, 2)), {1}) == entry((1, 2), (2,))
    assert confirmed(entry((1, 2), (1, 2)), None) == entry((1, 2))
    assert confirmed(None, {1}) is None


NUMBERS = st.integers(1, 5)
LABELS = st.dictionaries(st.sampled_from(["stable", "canary", "beta"]), NUMBERS)


@given(
    LABELS, st.lists(NUMBERS, max_size=6), st.frozensets(NUMBERS), LABELS, st.sets(NUMBERS), st.integers(0, 3)
)
def test_a_server_that_loads_what_is_listed_can_follow_every_step(
    wanted: dict[str, int],
    stable: list[int],
    barred: frozenset[int],
    labels: dict[str, int],
    further: set[int],
    standby: int,
) -> None:
    wanted = {label: number for label, number in wanted.items() if number not in barred}
    state = state_of(wanted, stable=tuple(stable), barred=barred)
    listed = {*labels.values(), *further}
    present = entry(tuple(sorted(listed)), **labels) if listed else None
    planned = plan(state, present, standby=standby)
    loaded = set(listed)
    for step in planned.steps:
        assert loaded.issuperset(step.needs)
        if step.entry is None:
            loaded = set()
            continue
        assert loaded.issuperset(step.entry.labels.values())  # else TF Serving refuses the whole file
        assert barred.isdisjoint(step.entry.versions)
        loaded = set(step.entry.versions)
    last = planned.steps[-1].entry if planned.steps else present
    assert (last.labels if last else {}) == wanted
    assert len(planned.steps) <= 2
    again = plan(state, confirmed(last, None), standby=standby)
    assert again.steps == ()
