"""What a registry's models were at the moment that an answer is about: now, or one of the past."""

from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import ModelState


def state_of(model: Model, at: str | None) -> ModelState:
    """Return what the log of a model says now, or said at a moment.

    Args:
        model: A model that has a history.
        at: The moment, as events have it; None for now.

    Raises:
        NotFoundError: If its first event came later.
    """
    if at is None:
        return model.state
    state = model.state_at(at)
    if state.seq == 0:
        msg = f"{model.name} had no history yet at {at}: its first event is of {model.event(1).time}"
        raise NotFoundError(msg)
    return state


def models_of(registry: Registry, at: str | None) -> list[tuple[Model, ModelState]]:
    """Return the models that a registry has now, or had at a moment, sorted by name, each with its state then.

    Args:
        registry: The registry.
        at: The moment, as events have it; None for now.

    Raises:
        NotFoundError: If all of its models came later.
    """
    models = [registry.model(name) for name in registry.models()]
    if at is None:
        return [(model, model.state) for model in models]
    states = [(model, model.state_at(at)) for model in models]
    found = [(model, state) for model, state in states if state.seq > 0]
    if models and not found:
        first = min(model.event(1).time for model in models)
        msg = f"{registry.root} had no models yet at {at}: its first event is of {first}"
        raise NotFoundError(msg)
    return found
