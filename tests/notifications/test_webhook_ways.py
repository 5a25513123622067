"""Certificates that nobody vouches for, and proxies."""

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.notifications.receiver import Receiver, receiving
from tests.notifications.test_webhook_failures import failed
from tfx_hallmark.notifications.webhook import open_webhook
from tfx_hallmark.registry.destinations import WebhookSettings
from tfx_hallmark.registry.errors import DeliveryError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_a_certificate_that_nobody_vouches_for_is_refused_until_somebody_does(
    model: Model, published: tuple[Event, str], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(Receiver(), certificate=certificate) as receiver:
        error = failed(model, published, receiver.address)
        assert "shows a certificate that is not trusted here: self" in str(error)
        assert error.lasting
        assert receiver.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        open_webhook(WebhookSettings(name="ci", url=f"{receiver.address}/in")).send(model, *published)
        assert receiver.only.path == "/in"


def test_a_proxy_of_the_environment_is_used_and_exceptions_from_it_are_kept(
    receiver: Receiver, model: Model, published: tuple[Event, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver is the proxy: no name server knows the host that is asked for."""
    monkeypatch.setenv("http_proxy", receiver.address.replace("://", "://me:pw@"))
    channel = open_webhook(WebhookSettings(name="ci", url="http://hooks.invalid:8080/in?a=1"))
    channel.send(model, *published)
    assert receiver.only.path == "http://hooks.invalid:8080/in?a=1"
    assert receiver.only.headers["host"] == "hooks.invalid:8080"
    assert receiver.only.headers["proxy-authorization"].startswith("Basic ")
    monkeypatch.setenv("no_proxy", "hooks.invalid")
    with pytest.raises(DeliveryError, match="could not be reached"):
        channel.send(model, *published)
    assert len(receiver.got) == 1


def test_a_proxy_that_does_not_let_a_secure_connection_through_is_named(
    receiver: Receiver, model: Model, published: tuple[Event, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", receiver.address.replace("://", "://me:pw@"))
    channel = open_webhook(WebhookSettings(name="ci", url="https://hooks.invalid/in"))
    with pytest.raises(DeliveryError, match="could not be reached: Tunnel connection failed: 501"):
        channel.send(model, *published)  # http.server has no CONNECT
    assert receiver.got == []


def test_a_proxy_of_a_kind_that_is_not_known_is_told(
    receiver: Receiver, model: Model, published: tuple[Event, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    error = failed(model, published, receiver.address)
    assert str(error).endswith("could not be reached: unknown url type: socks5")
    assert receiver.got == []
