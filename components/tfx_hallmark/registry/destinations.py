"""Where the events of a root's models are delivered to after their commit: mirrors, webhooks, notifications.

They are settings of the root. No secret is among them: what must not be read by all is named by the
environment variable that holds it where the delivery runs.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import get_args
from urllib.parse import urlsplit

import msgspec

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.events import Data
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.redaction import redacted

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
KINDS = tuple(str(kind.__struct_config__.tag) for kind in get_args(Data))


class Destination(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What all destinations have.

    Attributes:
        name: Its name in this root, by which its backlog and its history are found.
        models: The models whose events go there; empty for all.
    """

    name: str
    models: tuple[str, ...] = ()

    def takes(self, model: str) -> bool:
        """Tell whether the events of a model go there."""
        return not self.models or model in self.models


class MirrorSettings(Destination, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A tool that is kept in step with the registry.

    Attributes:
        to: What `hallmark mirror` takes as its target: `mlflow:http://host:5000`, `wandb:entity/project`,
            `tensorboard:/srv/board`.
    """

    to: str


class ChannelSettings(Destination, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What gets one event after the other.

    Attributes:
        kinds: The kinds of events that go there; empty for all.
    """

    kinds: tuple[str, ...] = ()

    def wants(self, kind: str) -> bool:
        """Tell whether events of a kind go there."""
        return not self.kinds or kind in self.kinds


class WebhookSettings(
    ChannelSettings, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """An address that gets every event, one request each, in their order.

    Attributes:
        url: The address, `http://` or `https://`.
        secret_env: The environment variable that holds the secret which requests are signed with; None for no
            signature.
    """

    url: str
    secret_env: str | None = None


class NotificationSettings(
    ChannelSettings, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """People who are told: a chat, an address of mail, whatever Apprise knows.

    Attributes:
        url_env: The environment variable that holds the Apprise URL, for that holds a secret as a rule.
    """

    url_env: str


class Destinations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everywhere that events go to.

    Attributes:
        mirrors: The tools that are kept in step.
        webhooks: The addresses that get every event.
        notifications: The people who are told.
    """

    mirrors: tuple[MirrorSettings, ...] = ()
    webhooks: tuple[WebhookSettings, ...] = ()
    notifications: tuple[NotificationSettings, ...] = ()

    def __iter__(self) -> Iterator[Destination]:
        """Go through all of them."""
        return chain(self.mirrors, self.webhooks, self.notifications)

    def check(self) -> "Destinations":
        """Return these if they can be used.

        Raises:
            ConfigError: If a name is taken twice or cannot be one, or a model, a kind of event, a URL or a
                variable's name is none.
        """
        names = [one.name for one in self]
        for one in self:
            if not _NAME.match(one.name):
                msg = f"{one.name!r} cannot be a destination's name: take lower-case letters, digits, '_' and '-'"
                raise ConfigError(msg)
            if names.count(one.name) > 1:
                msg = f"two destinations are called {one.name!r}: give each a name of its own"
                raise ConfigError(msg)
            for model in one.models:
                check_model_name(model)
        for mirror in self.mirrors:
            _check_open(mirror.name, mirror.to)
        for hook in self.webhooks:
            _check_open(hook.name, hook.url)
            _check_url(hook)
            _check_variable(hook.name, "secret_env", hook.secret_env)
            _check_kinds(hook.name, hook.kinds)
        for people in self.notifications:
            _check_variable(people.name, "url_env", people.url_env)
            _check_kinds(people.name, people.kinds)
        return self


def _check_url(hook: WebhookSettings) -> None:
    try:
        parts = urlsplit(hook.url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and hook.url.isprintable()
    except ValueError:
        usable = False
    if not usable or " " in hook.url:
        msg = f"webhook {hook.name!r}: its url is no http:// or https:// address"
        raise ConfigError(msg)


def _check_open(name: str, address: str) -> None:
    # Settings are never deleted, and everyone who sees the registry can read them.
    if redacted(address) != address:
        msg = f"destination {name!r}: its address holds a password or a token: leave it out, see docs/deliveries.md"
        raise ConfigError(msg)


def _check_variable(name: str, field: str, variable: str | None) -> None:
    if variable is not None and not _VARIABLE.match(variable):
        # What it holds is not shown: it may be the secret itself.
        msg = f"destination {name!r}: {field} must be the name of an environment variable, such as HALLMARK_SECRET"
        raise ConfigError(msg)


def _check_kinds(name: str, kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            msg = f"destination {name!r}: {kind!r} is no kind of event, they are {', '.join(KINDS)}"
            raise ConfigError(msg)
