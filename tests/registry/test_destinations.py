"""What can be a destination of events, and what can not."""

import pytest

from tfx_hallmark.registry.destinations import (
    KINDS,
    Destinations,
    MirrorSettings,
    NotificationSettings,
    WebhookSettings,
)
from tfx_hallmark.registry.errors import HallmarkError

HOOK = WebhookSettings(name="ci", url="https://ci.example.com/hook", secret_env="CI_SECRET", kinds=KINDS)
MIRROR = MirrorSettings(name="runs", to="mlflow:http://mlflow:5000", models=("penguin",))
CHAT = NotificationSettings(name="chat", url_env="CHAT_URL", kinds=("refused", "rolled_back"))


def test_one_of_each_can_be_used() -> None:
    all_of_them = Destinations(mirrors=(MIRROR,), webhooks=(HOOK,), notifications=(CHAT,))
    assert [one.name for one in all_of_them.check()] == ["runs", "ci", "chat"]
    assert [one.takes("flower") for one in all_of_them] == [False, True, True]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Destinations(webhooks=(HOOK, HOOK)), "two destinations are called 'ci'"),
        (
            Destinations(webhooks=(HOOK,), mirrors=(MirrorSettings(name="ci", to="wandb:p"),)),
            "two destinations",
        ),
        (Destinations(mirrors=(MirrorSettings(name="../up", to="wandb:p"),)), "'../up' cannot be"),
        (Destinations(mirrors=(MirrorSettings(name="", to="wandb:p"),)), "'' cannot be"),
        (
            Destinations(mirrors=(MirrorSettings(name="a", to="wandb:p", models=("a b",)),)),
            "model name 'a b'",
        ),
        (Destinations(webhooks=(WebhookSettings(name="a", url="ftp://h/"),)), "no http:// or https://"),
        (Destinations(webhooks=(WebhookSettings(name="a", url="https://"),)), "no http:// or https://"),
        (Destinations(webhooks=(WebhookSettings(name="a", url="http://[::1/"),)), "no http:// or https://"),
        (Destinations(webhooks=(WebhookSettings(name="a", url="http://h/a\nb"),)), "no http:// or https://"),
        (Destinations(webhooks=(WebhookSettings(name="a", url="http://u:pw@h/"),)), "password or a token"),
        (Destinations(mirrors=(MirrorSettings(name="a", to="mlflow:http://u:pw@h"),)), "password or a token"),
        (
            Destinations(webhooks=(WebhookSettings(name="a", url="http://h/", secret_env="my secret"),)),
            "secret_env must be the name of an environment variable",
        ),
        (
            Destinations(notifications=(NotificationSettings(name="a", url_env="slack://x/y/z"),)),
            "url_env must be the name of an environment variable",
        ),
        (
            Destinations(webhooks=(WebhookSettings(name="a", url="http://h/", kinds=("publish",)),)),
            "'publish' is no kind of event, they are tagged, published,",
        ),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(wrong: Destinations, said: str) -> None:
    with pytest.raises(HallmarkError) as raised:
        wrong.check()
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "pw@" not in str(raised.value)
    assert "slack" not in str(raised.value)
