"""The warm-up requests that hallmark adds to releases; a model's own are its own."""

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import hypothesis
import msgspec
import pytest
from blake3 import blake3
from hypothesis import strategies

from tests.conftest import listing
from tests.registry.adopted import writable
from tfx_hallmark.registry.golden import GoldenPredictions, GoldenTensor, keep
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE, digest_tree

Make = Callable[[int], Path]
REQUESTS = bytes(range(256)) * 3
VALUES = GoldenTensor(dtype="float32", shape=(1,), data=b"\0" * 4)
GOLDEN = GoldenPredictions(
    signature="serving_default", split="eval", inputs={"x": VALUES}, outputs={"y": VALUES}, warmup=REQUESTS
)


@pytest.fixture
def push(model: Model, make_candidate: Make) -> Callable[..., str]:
    """Publishes a candidate with golden predictions and gives its version."""

    def publish(number: int, golden: GoldenPredictions | str = GOLDEN) -> str:
        candidate = make_candidate(number)
        tagged = model.tag(candidate, golden=lambda content, objects: keep(golden, content, objects))
        model.push_unchecked(candidate, tagged.version, reason="a test")
        return tagged.version

    return publish


def said(model: Model, release: int) -> dict[str, str]:
    return msgspec.json.decode((model.path / str(release) / HALLMARK_FILE).read_bytes())


def told(model: Model) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in model.verify()]


def predictions_of(root: Path, model: Model, version: str) -> Path:
    digest = model.version(version).manifest.golden.predictions
    return root / ".hallmark/penguin/objects" / digest.removeprefix("b3:")


def test_a_release_gets_the_requests_and_says_their_digest(model: Model, push: Callable[..., str]) -> None:
    push(1)
    assert (model.path / "1" / WARMUP_FILE).read_bytes() == REQUESTS
    assert said(model, 1)["warmup"] == blake3(REQUESTS).hexdigest()
    assert model.verify() == ()
    assert model.audit() == ()


def test_i8_the_requests_are_none_of_the_models_own_files(
    model: Model, push: Callable[..., str], make_candidate: Make
) -> None:
    version = push(1)
    release = digest_tree(model.path / "1")
    assert release == digest_tree(make_candidate(1))
    assert release.digest == model.version(version).digest
    assert not (make_candidate(1) / WARMUP_FILE).exists()


def test_i7_a_release_that_is_tagged_and_pushed_again_is_the_version_it_was(
    model: Model, push: Callable[..., str], root: Path
) -> None:
    version = push(1)
    before = listing(root)
    tagged = model.tag(model.path / "1")
    assert tagged.version == version
    again = model.push_unchecked(model.path / "1", version, reason="a test")
    assert (again.release, again.already) == (1, True)
    assert listing(root) == before


@pytest.mark.parametrize(
    "golden", ["no signature takes the examples", msgspec.structs.replace(GOLDEN, warmup=b"")]
)
def test_a_version_without_requests_gets_no_file(
    model: Model, push: Callable[..., str], golden: GoldenPredictions | str
) -> None:
    push(1, golden)
    assert not (model.path / "1" / WARMUP_FILE).exists()
    assert "warmup" not in said(model, 1)
    writable(model.path / "1")
    (model.path / "1" / WARMUP_FILE).write_bytes(REQUESTS)
    assert told(model) == [("file-added", f"penguin@1.0.0 release 1: {WARMUP_FILE}")]


@hypothesis.settings(
    max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], deadline=None
)
@hypothesis.given(at=strategies.integers(0, len(REQUESTS) - 1), flip=strategies.integers(1, 255))
def test_one_changed_byte_of_the_requests_is_found(
    model: Model, push: Callable[..., str], at: int, flip: int
) -> None:
    push(1)
    path = writable(model.path / "1") / WARMUP_FILE
    path.write_bytes(REQUESTS[:at] + bytes([REQUESTS[at] ^ flip]) + REQUESTS[at + 1 :])
    try:
        [finding] = model.verify()
    finally:
        path.write_bytes(REQUESTS)
    assert (finding.code, finding.where) == ("warmup-wrong", f"penguin@1.0.0 release 1: {WARMUP_FILE}")
    assert finding.what == f"{WARMUP_FILE} was changed"
    assert model.verify() == ()


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(b""), "was changed"),
        (lambda path: path.write_bytes(REQUESTS + b"\0"), "was changed"),
    ],
)
def test_requests_that_are_gone_cut_or_longer_are_found(
    model: Model, push: Callable[..., str], damage: Callable[[Path], object], what: str
) -> None:
    push(1)
    damage(writable(model.path / "1") / WARMUP_FILE)
    [finding] = model.verify()
    assert (finding.code, finding.what) == ("warmup-wrong", f"{WARMUP_FILE} {what}")
    assert digest_tree(model.path / "1").digest == model.version("1.0.0").digest


def test_a_rollback_gives_the_new_number_the_requests_of_its_version(
    model: Model, push: Callable[..., str]
) -> None:
    first = push(1)
    push(2, msgspec.structs.replace(GOLDEN, warmup=b"others"))
    model.rollback(to=first, reason="a test")
    assert [(model.path / str(number) / WARMUP_FILE).read_bytes() for number in (1, 2, 3)] == [
        REQUESTS,
        b"others",
        REQUESTS,
    ]
    assert said(model, 3)["warmup"] == blake3(REQUESTS).hexdigest()
    assert model.verify() == ()


def test_a_rollback_does_without_requests_that_were_lost_and_verify_says_so(
    model: Model, push: Callable[..., str], root: Path
) -> None:
    first = push(1)
    push(2)
    predictions = predictions_of(root, model, first)
    predictions.chmod(0o644)
    predictions.unlink()
    fresh = Registry.open(root).model("penguin")
    fresh.rollback(to=first, reason="an incident")
    assert fresh.state.stable_at.version == first
    assert not (fresh.path / "3" / WARMUP_FILE).exists()
    assert digest_tree(fresh.path / "3").digest == fresh.version(first).digest
    assert ("warmup-wrong", f"penguin@{first} release 3: {WARMUP_FILE}") in told(fresh)
    assert ("object-missing", f"penguin@{first} manifest: golden predictions") in [
        (finding.code, finding.where) for finding in fresh.audit()
    ]


def test_a_models_own_requests_are_content_like_any_other(
    model: Model, push: Callable[..., str], make_candidate: Make
) -> None:
    own = make_candidate(1) / WARMUP_FILE
    own.parent.mkdir()
    own.write_bytes(b"its own")
    version = push(1)
    assert (model.path / "1" / WARMUP_FILE).read_bytes() == b"its own"
    assert "warmup" not in said(model, 1)
    assert WARMUP_FILE in [file.path for file in model.version(version).manifest.files]
    assert digest_tree(model.path / "1") == digest_tree(make_candidate(1))
    assert model.verify() == ()
    (writable(model.path / "1") / WARMUP_FILE).write_bytes(b"ITS OWN")
    assert told(model) == [("file-changed", f"penguin@{version} release 1: {WARMUP_FILE}")]


def test_own_requests_that_differ_make_another_version(
    model: Model, push: Callable[..., str], make_candidate: Make, tmp_path: Path
) -> None:
    push(1)
    other = tmp_path / "other"
    shutil.copytree(make_candidate(1), other)
    (other / WARMUP_FILE).parent.mkdir()
    (other / WARMUP_FILE).write_bytes(REQUESTS)
    assert model.tag(other).version == "1.0.1"


def test_the_requests_are_read_only_like_the_rest_of_a_release(
    model: Model, push: Callable[..., str]
) -> None:
    push(1)
    modes = {path.stat().st_mode & 0o222 for path in (model.path / "1").rglob("*") if path.is_file()}
    assert modes == {0}


def test_one_who_says_in_the_release_that_there_are_no_requests_is_found(
    model: Model, push: Callable[..., str]
) -> None:
    """Without the digest the file would count as the model's own, and with both gone as never added."""
    push(1)
    release = writable(model.path / "1")
    identity = said(model, 1)
    del identity["warmup"]
    (release / HALLMARK_FILE).write_bytes(msgspec.json.encode(identity))
    (release / WARMUP_FILE).unlink()
    codes = {code for code, _ in told(model)}
    assert "identity-wrong" in codes


def test_releases_of_several_versions_have_their_own_requests(model: Model, push: Callable[..., str]) -> None:
    for number in itertools.islice(itertools.count(1), 3):
        push(number, msgspec.structs.replace(GOLDEN, warmup=str(number).encode()))
    for number in (1, 2, 3):
        assert (model.path / str(number) / WARMUP_FILE).read_text() == str(number)
    assert model.verify() == ()
