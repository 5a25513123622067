"""Notifications: people are told in a chat, by mail, or however else Apprise can."""

import contextlib
import logging
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfx_hallmark.notifications.channel import Channel
from tfx_hallmark.notifications.environment import required
from tfx_hallmark.notifications.message import message_of
from tfx_hallmark.notifications.statuses import is_lasting
from tfx_hallmark.registry.destinations import NotificationSettings
from tfx_hallmark.registry.errors import DeliveryError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

if TYPE_CHECKING:
    from apprise import Apprise

_GOOD = {"published", "promoted"}
_GRAVE = {"refused", "rolled_back", "quarantined"}
_SILENCE = threading.Lock()  # logs are the whole process's
_STATUS = re.compile(r"\berror=(\d{3})\b")


def open_notification(settings: NotificationSettings) -> Channel:
    """Return the notification that settings name; Apprise is not imported, and its URL not read yet."""
    return _Notification(settings)


class _Notification:
    def __init__(self, settings: NotificationSettings) -> None:
        self._settings = settings
        self._where = f"notification {settings.name}"

    def send(self, model: Model, event: Event, seal: str) -> None:
        """Tell people of one event; see `Channel`."""
        del seal  # people are told nothing twice on purpose, and have no use for it
        variable = self._settings.url_env
        url = required(variable, self._where, "an Apprise URL")
        message = message_of(model, event)
        with _unheard() as complaints:
            service = self._service(url)
            # Apprise keeps many reasons for a failure to its log; no exception is part of its interface.
            told = service.notify(
                title=message.title, body=message.body, notify_type=_weight(event), body_format="text"
            )
        if not told:
            raise self._untold(complaints)

    def _service(self, url: str) -> "Apprise":
        try:
            import apprise
        except ImportError as error:
            msg = (
                f"{self._where} needs Apprise, which is not installed here ({error}): "
                "pip install 'tfx-hallmark[notifications]'"
            )
            raise DeliveryError(msg, lasting=True) from error
        # In this thread, and without pictures that are fetched from elsewhere.
        asset = apprise.AppriseAsset(
            app_id="hallmark", app_desc="tfx-hallmark", async_mode=False, image_url_mask="", image_url_logo=""
        )
        # A page that a redirect leads to answers 200 to anything. Apprise before 2.2 knows no such setting.
        asset.http_redirects = False
        service = apprise.Apprise(asset=asset)
        if not service.add(url.strip()) or not len(service):
            msg = f"{self._where}: {self._settings.url_env} holds no URL that Apprise knows, such as mailto://… or slack://…"
            raise DeliveryError(msg, lasting=True)
        return service

    def _untold(self, complaints: list[str]) -> DeliveryError:
        # Only statuses are taken from what Apprise says, for hosts and paths in it may be secret.
        found = [int(match[1]) for match in map(_STATUS.search, complaints) if match]
        if found:
            msg = f"{self._where} was not taken: the service answered {found[0]}"
            return DeliveryError(msg, lasting=is_lasting(found[0]), status=found[0])
        msg = f"{self._where} was not sent: `apprise -vv -b test ${self._settings.url_env}` says why"
        return DeliveryError(msg)


def _weight(event: Event) -> str:
    if event.kind in _GRAVE or getattr(event.data, "outcome", None) == "alert":
        return "warning"
    return "success" if event.kind in _GOOD else "info"


class _Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@contextlib.contextmanager
def _unheard() -> Iterator[list[str]]:
    """Keep the logs of Apprise, and of what it sends with, from whoever listens to all logs; give the warnings."""
    handler = _Complaints()
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    with _SILENCE:
        before = [(logger.level, logger.propagate) for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.WARNING)
            logger.propagate = False
            logger.addHandler(handler)
        try:
            yield handler.heard
        finally:
            for logger, (level, propagate) in zip(loggers, before, strict=True):
                logger.removeHandler(handler)
                logger.setLevel(level)
                logger.propagate = propagate
