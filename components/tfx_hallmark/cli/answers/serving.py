"""The answers of `live`: what is served by default, and how that came about."""

import msgspec

from tfx_hallmark.cli.answers.paths import as_text
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import STABLE


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


class LiveList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `live`.

    Attributes:
        root: The registry root.
        live: What each model serves, sorted by name.
        nothing: The names of the models that serve nothing by default.
    """

    root: str
    live: list[Live]
    nothing: list[str]


def what_serves(model: Model) -> Live:
    """Tell what a model serves by default.

    Raises:
        NotFoundError: If nothing is stable.
    """
    live = _live(model)
    if live is None:
        msg = f"nothing of {model.name} is stable: see 'hallmark list {model.name}' for what there is"
        raise NotFoundError(msg)
    return live


def all_that_serves(registry: Registry) -> LiveList:
    """Tell what each model of a registry serves by default."""
    found = {name: _live(registry.model(name)) for name in registry.models()}
    return LiveList(
        root=as_text(registry.root),
        live=[live for live in found.values() if live is not None],
        nothing=[name for name, live in found.items() if live is None],
    )


def _live(model: Model) -> Live | None:
    state = model.state
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
        path=as_text(model.path / str(release)),
        since=event.time,
        actor=event.actor,
        event=event.seq,
        kind=event.kind,
        reason=event.reason,
    )
