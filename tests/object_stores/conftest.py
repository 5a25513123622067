"""Registry roots in object stores: one in memory, and one behind a server that speaks S3's protocol."""

import contextlib
import functools
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import refusal
from tests.faults.crew import Crew
from tests.object_stores.server import S3Server
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import StoreUrl


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    """A server that speaks S3's protocol, on a port that is free."""
    with S3Server() as started:
        yield started


@pytest.fixture(scope="session")
def crew() -> Iterator[Crew]:
    """A warm server of worker processes."""
    with Crew() as started:
        yield started


@pytest.fixture(scope="session")
def s3_environment(server: S3Server) -> dict[str, str]:
    """What the environment must say for the server."""
    return server.environment()


@pytest.fixture
def s3_root(s3_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a root in a bucket of its own; nothing is there yet."""
    import boto3

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    bucket = f"hallmark-{uuid.uuid4().hex}"
    client = boto3.client("s3", endpoint_url=s3_environment["AWS_ENDPOINT_URL"])
    client.create_bucket(Bucket=bucket)
    return f"s3://{bucket}/some/prefix"


@pytest.fixture
def memory_root() -> str:
    """The URL of a root in memory."""
    return f"memory:///{uuid.uuid4().hex}"


@pytest.fixture(params=["memory", pytest.param("s3", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a root, where nothing is yet."""
    text: str = request.getfixturevalue(f"{request.param}_root")
    return text


@pytest.fixture
def root(url: str) -> StoreUrl:
    """A registry root without models."""
    root = Registry.create(url).root
    assert isinstance(root, StoreUrl)
    return root


@pytest.fixture
def model(root: StoreUrl) -> Model:
    """The model `penguin`, without versions yet."""
    return Registry.open(root).model("penguin")


@pytest.fixture
def look(root: StoreUrl) -> Callable[[], dict[str, bytes]]:
    """Gives every object under the root, with its bytes, as another client of the store sees them."""
    from tfx_hallmark.registry.object_stores.bucket import connect

    def objects() -> dict[str, bytes]:
        bucket = connect(root)
        return {each.key: bucket.read(each.key) or b"" for each in bucket.objects("")}

    return objects


@pytest.fixture
def files_of(look: Callable[[], dict[str, bytes]]) -> Callable[[int], dict[str, bytes]]:
    """Gives the files of a release by their paths, without the one that hallmark adds."""

    def files(release: int) -> dict[str, bytes]:
        start = f"penguin/{release}/"
        found = {key[len(start) :]: data for key, data in look().items() if key.startswith(start)}
        found.pop("assets.extra/hallmark.json", None)
        return found

    return files


def tree(folder: Path) -> dict[str, bytes]:
    """Gives the files of a directory by their paths."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def refused_here(
    look: Callable[[], dict[str, bytes]],
) -> Callable[..., contextlib.AbstractContextManager[None]]:
    """Expects one error of ours: its class, its one line with these parts, and no object changed by it."""
    return functools.partial(refusal, look)
