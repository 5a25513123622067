"""The answer of `live --servers`: what model servers really serve."""

from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.serving.agreement import is_split, objections
from tfx_hallmark.registry.serving.model_status import ServerStatus, ask_all
from tfx_hallmark.registry.state import STABLE, ModelState

_LONGEST_ANSWER = 5.0  # seconds


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """What one server says of a model.

    Attributes:
        server: Its address.
        error: Why it could not be asked; null if it could.
        available: The releases that it has loaded.
        failed: Releases that it could not load, with the reason.
        default: The release that answers a request without a label; null for none.
        labels: The release that answers a request with a label; null for none.
        wrong: What it does not serve as the registry says that it should.
    """

    server: str
    error: str | None
    available: list[int]
    failed: dict[str, str]
    default: int | None
    labels: dict[str, int | None]
    wrong: list[str]


class ModelOnServers(msgspec.Struct, frozen=True, kw_only=True):
    """What servers serve of one model.

    Attributes:
        model: Its name.
        version: What is stable; null for nothing.
        release: Its release.
        labels: What each label should point to.
        versions: The version of each release that is named here.
        servers: What each server says, in the order they were given.
        split: Whether two servers answer the same request from different releases.
    """

    model: str
    version: str | None
    release: int | None
    labels: dict[str, int]
    versions: dict[str, str]
    servers: list[Server]
    split: bool

    @property
    def wrong(self) -> bool:
        """Whether anything is not as it should be."""
        return self.split or any(server.wrong for server in self.servers)


class LiveOnServers(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `live --servers`.

    Attributes:
        root: The registry root.
        policy: The serving policy.
        models: One or all of its models.
    """

    root: str
    policy: str
    models: list[ModelOnServers]


def live_on_servers(registry: Registry, models: Sequence[Model], servers: Sequence[str]) -> LiveOnServers:
    """Ask servers what they serve.

    Args:
        registry: The registry.
        models: The models to ask about.
        servers: Addresses, as `check_address` returns them.
    """
    return LiveOnServers(
        root=as_text(registry.root),
        policy=registry.settings.read().serving_policy,
        models=[_of(model, servers) for model in models],
    )


def _of(model: Model, servers: Sequence[str]) -> ModelOnServers:
    state, policy = model.state, model.settings.serving_policy
    statuses = ask_all(servers, model.name, {STABLE, *state.labels}, timeout=_LONGEST_ANSWER)
    stable = state.stable_at
    return ModelOnServers(
        model=model.name,
        version=None if stable is None else stable.version,
        release=None if stable is None else stable.release,
        labels=dict(sorted(state.labels.items())),
        versions=_versions(state, statuses),
        servers=[
            Server(
                server=status.server,
                error=status.error,
                available=list(status.available),
                failed={str(number): why for number, why in status.failed.items()},
                default=status.default,
                labels=dict(sorted(status.labels.items())),
                wrong=objections(status, state, policy),
            )
            for status in statuses
        ],
        split=is_split(statuses, policy),
    )


def _versions(state: ModelState, statuses: Sequence[ServerStatus]) -> dict[str, str]:
    numbers = {*state.labels.values(), *(number for status in statuses for number in status.available)}
    return {str(number): state.releases[number].version for number in sorted(numbers & state.releases.keys())}
