"""The benches that tests start from: made once, and copied for each test, so that no test sees another's doings."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tfx.types import standard_artifacts
from tfx.types.artifact import Artifact

from tests.tfx.workbench import Bench, Candidate, make_artifact, make_examples, moved_to


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """100 rows of each of two regions, to be read only."""
    return make_examples(tmp_path_factory.mktemp("examples"))


@pytest.fixture
def bench(tmp_path: Path, examples: Artifact) -> Bench:
    """A bench whose registry is empty."""
    own = make_artifact(standard_artifacts.Examples, Path(examples.uri))  # tests set properties of it
    own.split_names = examples.split_names
    return Bench(tmp_path / "bench", own)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, examples: Artifact) -> tuple[Bench, Candidate]:
    """A bench where a model that is right on 80 of each region is 1.0.0, release 1 and stable; to be copied."""
    bench = Bench(tmp_path_factory.mktemp("published"), examples)
    first = bench.prepare(bench.train(20, 20))
    assert bench.push(first).get_int_custom_property("pushed") == 1
    return bench, first


@pytest.fixture
def serving(published: tuple[Bench, Candidate], tmp_path: Path) -> tuple[Bench, Candidate]:
    """A private copy of that bench, and its first model."""
    return moved_to(*published, tmp_path / "bench")


@pytest.fixture(scope="session")
def _evaluated(
    tmp_path_factory: pytest.TempPathFactory, published: tuple[Bench, Candidate]
) -> Callable[..., tuple[Bench, Candidate]]:
    known: dict[tuple[int, int], tuple[Bench, Candidate]] = {}

    def evaluate(north: int, south: int) -> tuple[Bench, Candidate]:
        if (north, south) not in known:
            bench, _ = moved_to(*published, tmp_path_factory.mktemp(f"evaluated-{north}-{south}") / "bench")
            known[north, south] = bench, bench.prepare(bench.train(north, south, seed=1))
        return known[north, south]

    return evaluate


@pytest.fixture
def evaluated(
    _evaluated: Callable[..., tuple[Bench, Candidate]], tmp_path: Path
) -> Callable[[int, int], tuple[Bench, Candidate]]:
    """Gives a private bench, and a candidate with so many errors that was evaluated there against release 1."""

    def give(north: int, south: int) -> tuple[Bench, Candidate]:
        return moved_to(*_evaluated(north, south), tmp_path / f"bench-{north}-{south}")

    return give
