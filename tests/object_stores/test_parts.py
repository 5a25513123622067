"""An upload in parts that is killed: no object comes of it, and what is left is what the documentation says."""

import re
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner
from werkzeug.wrappers import Response

from tests.faults.crew import Crew
from tests.object_stores.conftest import tree
from tests.object_stores.deaths import Deaths, Moment
from tests.object_stores.mirror import Mirror
from tests.object_stores.server import Answer, Request, S3Server
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.object_stores.bucket import PIECE
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.slow

BIG = "assets/vocabulary.bin"


@pytest.fixture
def url(s3_root: str) -> str:
    """A root behind a server."""
    return s3_root


@pytest.fixture
def big(make_candidate: Callable[[int], Path]) -> Path:
    """A model with a file of three parts."""
    candidate = make_candidate(1)
    (candidate / BIG).parent.mkdir(exist_ok=True)
    (candidate / BIG).write_bytes(bytes(range(256)) * (2 * PIECE // 256) + b"the rest")
    return candidate


@pytest.mark.parametrize(
    ("method", "part_of_query", "moment", "uploads"),
    [
        ("POST", "uploads", "after", 1),
        ("PUT", "partNumber=2", "after", 1),
        ("PUT", "partNumber=3", "before", 1),
        ("POST", "uploadId=", "before", 1),
        ("POST", "uploadId=", "after", 0),
    ],
)
def test_i1_i7_a_killed_upload_of_many_parts_is_no_object_and_is_done_again(
    method: str,
    part_of_query: str,
    moment: Moment,
    uploads: int,
    url: str,
    server: S3Server,
    crew: Crew,
    big: Path,
    files_of: Callable[[int], dict[str, bytes]],
) -> None:
    Registry.create(url)
    mirror = Mirror(url)

    def at(request: Request) -> bool:
        return request.method == method and request.key.endswith(BIG) and part_of_query in request.query

    death = Deaths(server, crew, url, mirror).kill("tag_and_push", str(big), at=at, moment=moment)
    assert death is not None
    left = mirror.objects()
    assert not [key for key in left if key.startswith("penguin/") or key.endswith("/ready.json")]
    assert any(key.endswith(BIG) for key in left) == (uploads == 0)
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    listed = boto3.client("s3", endpoint_url=server.url).list_multipart_uploads(Bucket=bucket)
    begun = listed.get("Uploads", [])
    assert len(begun) == uploads
    assert all(each["Key"].startswith(f"{prefix}/.hallmark/penguin/staging/") for each in begun)
    model = Registry.open(url).model("penguin")
    assert [event.kind for event in model.events()] == ["tagged"]
    assert model.push_unchecked(big, "1.0.0", reason="the retry").release == 1
    assert files_of(1) == tree(big)
    assert model.verify() == ()


def test_doctor_lists_staging_that_nothing_has_touched_for_a_day_and_leaves_it(
    url: str, server: S3Server, crew: Crew, make_candidate: Callable[[int], Path]
) -> None:
    Registry.create(url)
    mirror = Mirror(url)
    death = Deaths(server, crew, url, mirror).kill(
        "tag_and_push",
        str(make_candidate(1)),
        at=lambda asked: asked.key.endswith("/ready.json"),
        moment="after",
    )
    assert death is not None
    left = mirror.objects()
    [staging] = {key.split("/")[3] for key in left if "/staging/" in key}

    def diagnosed() -> tuple[int, str]:
        done = CliRunner().invoke(app, ["doctor", "--fix", "--root", url])
        return done.exit_code, done.stdout

    def long_ago(request: Request, answer: Answer) -> Response:
        made = answer()
        if "list-type" in request.query:
            made.data = re.sub(rb"(<LastModified>)[^<]*", rb"\g<1>2026-01-02T03:04:05.000Z", made.data)
        return made

    assert diagnosed()[0] == 0
    with server.guarded(long_ago):
        code, told = diagnosed()
    assert code == 1
    assert "staging-left" in told
    assert f"{url}/.hallmark/penguin/staging/{staging}" in told
    assert mirror.objects() == left
