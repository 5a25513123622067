"""The answers of `live`: what is or was served by default, and how that came about."""

import msgspec

from tfx_hallmark.answers.moment import models_of, state_of
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import STABLE, ModelState


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `live MODEL`.

    Attributes:
        model: The model's name.
        version: Semantic version.
        release: Release number.
        digest: Content digest.
        path: The release's directory.
        since: Since when it serves, UTC.
        actor: Who or what made it serve.
        event: Position in the log of the event that did.
        kind: That event's kind: `published`, `promoted`, `rolled_back` or `adopted`.
        reason: Its reason; may be empty.
        sentence: What happened then, in a sentence.
        until: Until when it served, UTC; null if it does so still.
        at: The moment that this is about, UTC; null for now.
    """

    model: str
    version: str
    release: int
    digest: str
    path: str
    since: str
    actor: str
    event: int
    kind: str
    reason: str
    sentence: str
    until: str | None
    at: str | None


class LiveList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `live`.

    Attributes:
        root: The registry root.
        live: What each model serves, sorted by name.
        nothing: The names of the models that serve nothing by default.
        at: The moment that this is about, UTC; null for now. Models that came later are in neither list.
    """

    root: str
    live: list[Live]
    nothing: list[str]
    at: str | None


def what_serves(model: Model, *, at: str | None = None) -> Live:
    """Tell what a model serves by default, or served at a moment.

    Args:
        model: The model.
        at: The moment, as events have it; None for now.

    Raises:
        NotFoundError: If nothing is stable, or was then.
    """
    live = _live(model, state_of(model, at), at)
    if live is not None:
        return live
    if at is None:
        msg = f"nothing of {model.name} is stable: see 'hallmark list {model.name}' for what there is"
    else:
        then = f"hallmark list {model.name} --at {at}"
        msg = f"nothing of {model.name} was stable at {at}: see '{then}' for what there was"
    raise NotFoundError(msg)


def all_that_serves(registry: Registry, *, at: str | None = None) -> LiveList:
    """Tell what each model of a registry serves by default, or served at a moment.

    Args:
        registry: The registry.
        at: The moment, as events have it; None for now.

    Raises:
        NotFoundError: If all of its models came later.
    """
    found = {model.name: _live(model, state, at) for model, state in models_of(registry, at)}
    return LiveList(
        root=as_text(registry.root),
        live=[live for live in found.values() if live is not None],
        nothing=[name for name, live in found.items() if live is None],
        at=at,
    )


def _live(model: Model, state: ModelState, at: str | None) -> Live | None:
    version = state.stable
    if version is None:
        return None
    event = model.event(state.stable_moves[-1].seq)
    release = state.labels[STABLE]
    return Live(
        model=model.name,
        version=version.version,
        release=release,
        digest=version.digest,
        path=as_text(model.location_of(release)),
        since=event.time,
        actor=event.actor,
        event=event.seq,
        kind=event.kind,
        reason=event.reason,
        sentence=sentence(event),
        until=next((move.time for move in model.state.stable_moves if move.seq > event.seq), None),
        at=at,
    )
