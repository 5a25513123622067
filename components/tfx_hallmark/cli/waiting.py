"""Model servers that a command waits for, with what it says meanwhile."""

from collections.abc import Callable

import click
import msgspec

from tfx_hallmark.answers.text import escape
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.serving.following import Following
from tfx_hallmark.registry.settings import Settings


class Wait(msgspec.Struct, frozen=True):
    """What a command waits for.

    Attributes:
        servers: The addresses of the model servers.
        timeout: Seconds after which to give up.
    """

    servers: tuple[str, ...]
    timeout: float

    def for_model(
        self, model: Model, *, told: Callable[[Following], object] = lambda _: None
    ) -> Following | None:
        """Wait until every server serves what the labels of a model say.

        Args:
            model: The model.
            told: Told each step of `models.config` that was taken meanwhile.

        Returns:
            The last step of `models.config` that was taken meanwhile; None if none was.

        Raises:
            ModelServerError: If the time is over, or a server cannot load what it needs.
        """
        from tfx_hallmark.registry.serving.waiting import wait_until_served

        taken: list[Following] = []

        def tell(following: Following) -> None:
            taken.append(following)
            told(following)

        where = escape(", ".join(self.servers))
        with said_if_slow(f"waiting for {where}, at most {self.timeout:g} s"):
            wait_until_served(model, self.servers, timeout=self.timeout, told=tell)
        return taken[-1] if taken else None


def wait_for(
    settings: Settings, *, wait: bool, servers: tuple[str, ...], timeout: float, dry_run: bool = False
) -> Wait | None:
    """Return what to wait for, before anything is done; None if nothing is.

    Args:
        settings: What holds in the root.
        wait: Whether `--wait` was given.
        servers: What `--server` gave.
        timeout: What `--timeout` gave.
        dry_run: Whether nothing is to be done, and so nothing to be waited for.

    Raises:
        click.UsageError: If there are servers but no `--wait`, or none to wait for.
    """
    if not wait:
        if servers:
            msg = "--server names a model server to wait for: give --wait too."
            raise click.UsageError(msg)
        return None
    chosen = servers or settings.servers
    if not chosen:
        msg = (
            "No model server is known to wait for: give --server http://HOST:8501, "
            "or set them by 'hallmark config --servers'."
        )
        raise click.UsageError(msg)
    return None if dry_run else Wait(chosen, timeout)
