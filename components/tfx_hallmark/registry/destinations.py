"""Where the events of a root's models are delivered to after their commit: mirrors, webhooks, notifications.

They are settings of the root. No secret is among them: what must not be read by all is named by the
environment variable that holds it where the delivery runs.
"""

import msgspec


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


class WebhookSettings(Destination, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An address that gets every event, one request each, in their order.

    Attributes:
        url: The address, `http://` or `https://`.
        secret_env: The environment variable that holds the secret which requests are signed with; None for no
            signature.
        kinds: The kinds of events that go there; empty for all.
    """

    url: str
    secret_env: str | None = None
    kinds: tuple[str, ...] = ()


class NotificationSettings(
    Destination, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """People who are told: a chat, an address of mail, whatever Apprise knows.

    Attributes:
        url_env: The environment variable that holds the Apprise URL, for that holds a secret as a rule.
        kinds: The kinds of events that they are told; empty for all.
    """

    url_env: str
    kinds: tuple[str, ...] = ()
