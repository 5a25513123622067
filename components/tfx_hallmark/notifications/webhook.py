"""Webhooks: one signed request for an event."""

import http.client
import ssl
import time
from urllib.parse import SplitResult

from tfx_hallmark.answers.text import escape
from tfx_hallmark.notifications.addresses import check_address, origin
from tfx_hallmark.notifications.channel import Channel
from tfx_hallmark.notifications.cloud_event import CONTENT_TYPE, cloud_event, cut_to
from tfx_hallmark.notifications.environment import required
from tfx_hallmark.notifications.http_post import Answer, post
from tfx_hallmark.notifications.signature import keys_of, signature_of
from tfx_hallmark.notifications.statuses import is_lasting
from tfx_hallmark.registry.destinations import WebhookSettings
from tfx_hallmark.registry.errors import DeliveryError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.redaction import redacted

TIMEOUT = 10.0  # seconds
_TOLD = 120  # characters of an answer


def open_webhook(settings: WebhookSettings, *, timeout: float = TIMEOUT) -> Channel:
    """Return the webhook that settings name; nothing is reached yet, and no secret is read.

    Args:
        settings: The settings.
        timeout: Seconds until the answer to a request must have come.

    Raises:
        DeliveryError: If its address is none.
    """
    parts = check_address(settings.url, f"the url of webhook {settings.name}")
    return _Webhook(settings, parts, timeout)


class _Webhook:
    def __init__(self, settings: WebhookSettings, parts: SplitResult, timeout: float) -> None:
        self._settings = settings
        self._parts = parts
        self._timeout = timeout
        self._where = f"webhook {settings.name} ({origin(parts)})"

    def send(self, model: Model, event: Event, seal: str) -> None:
        """Send one event; see `Channel`."""
        body = cloud_event(model, event, seal)
        headers = self._headers(seal, body)
        try:
            answer = post(self._parts._replace(fragment="").geturl(), body, headers, timeout=self._timeout)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreached(error) from error
        if not 200 <= answer.status < 300:
            raise self._not_taken(answer)

    def _headers(self, seal: str, body: bytes) -> dict[str, str]:
        from tfx_hallmark import __version__

        # Of the moment of sending: a receiver refuses requests that are old, so that nobody can repeat them.
        timestamp = int(time.time())
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": f"tfx-hallmark/{__version__}",
            "webhook-id": seal,
            "webhook-timestamp": str(timestamp),
        }
        variable = self._settings.secret_env
        if variable is not None:
            secret = required(variable, self._where, "the secret that it signs with")
            headers["webhook-signature"] = signature_of(keys_of(secret, variable), seal, timestamp, body)
        return headers

    def _unreached(self, error: Exception) -> DeliveryError:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            return DeliveryError(f"{self._where} did not answer within {self._timeout:g} s")
        if isinstance(reason, ssl.SSLCertVerificationError):
            msg = f"{self._where} shows a certificate that is not trusted here: {reason.verify_message}"
            return DeliveryError(msg, lasting=True)
        if isinstance(reason, http.client.BadStatusLine) and not isinstance(reason, OSError):
            return DeliveryError(f"{self._where} does not answer with HTTP")
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return DeliveryError(f"{self._where} could not be reached: {self._shown(said)}")

    def _not_taken(self, answer: Answer) -> DeliveryError:
        told = (
            f"{self._where} answered {answer.status} {http.client.responses.get(answer.status, '')}".rstrip()
        )
        if 300 <= answer.status < 400:
            told += ", and redirects are not followed: give the address that takes events itself"
        elif said := self._shown(answer.start.decode(errors="replace")):
            told += f": {said}"
        return DeliveryError(
            told,
            lasting=is_lasting(answer.status),
            status=answer.status,
            retry_after=answer.retry_after,
        )

    def _shown(self, text: str) -> str:
        # What others say is shown as printable characters, without what of the address may be a secret.
        for secret in (self._parts.query, self._parts.path):
            if len(secret) > 1:
                text = text.replace(secret, "…")
        return cut_to(escape(redacted(" ".join(text.split()))), _TOLD)
