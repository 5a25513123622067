"""`hallmark compare --on DATA`: versions that were trained in different runs, measured on the same data."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import listing
from tests.tfx import tiny_model
from tests.tfx.workbench import NAME, Bench, Candidate, make_examples, moved_to
from tfx_hallmark.cli.main import app

HALF = [tiny_model.serialized(row) for row in tiny_model.rows() if row["row"] < 50]
METRIC = "binary_accuracy"


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory, published: tuple[Bench, Candidate]
) -> tuple[Bench, Candidate]:
    """A bench where 1.0.0 and then 1.0.1 were published; to be copied."""
    bench, _ = moved_to(*published, tmp_path_factory.mktemp("both") / "bench")
    second = bench.prepare(bench.train(10, 10))
    assert bench.push(second).get_int_custom_property("pushed") == 1
    return bench, second


@pytest.fixture
def own(both: tuple[Bench, Candidate], tmp_path: Path) -> Bench:
    bench, _ = moved_to(*both, tmp_path / "bench")
    return bench


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An Examples artifact with the first fifty rows of each region, where 1.0.0 errs in 20 and 1.0.1 in 10."""
    make_examples(tmp_path / "november", {"eval": HALF, "train": HALF[:3]})
    return tmp_path / "november"


def compare(bench: Bench, *arguments: object) -> Any:
    given = ["compare", f"{NAME}@1.0.0", "@stable", "--root", bench.root, *arguments]
    return CliRunner().invoke(app, [str(argument) for argument in given])


def row_of(told: Any, data: object) -> tuple[float, ...]:
    """Gives the accuracy of both on that data."""
    (section,) = [section for section in told["sections"] if str(data) in section["title"]]
    (row,) = [row for row in section["rows"] if METRIC in row["name"] and "region" not in row["name"]]
    return tuple(float(value) for value in row["values"])


def test_versions_are_measured_on_that_data_and_put_on_record(own: Bench, data: Path) -> None:
    before = own.registered.version("stable").metrics
    seq = max(event.seq for event in own.registered.events())
    done = compare(own, "--on", data, "--reason", "the November data", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert row_of(told, data) == pytest.approx((0.6, 0.8))

    added = [event for event in own.registered.events() if event.seq > seq]
    assert sorted((event.kind, event.data.version, event.data.data, event.reason) for event in added) == [
        ("evaluated", version, str(data), "the November data") for version in ("1.0.0", "1.0.1")
    ]
    assert all("(100 examples)" in event.data.summary for event in added)
    # It decides nothing.
    stable = own.registered.version("stable")
    assert (stable.version, stable.metrics) == ("1.0.1", before)
    assert before["Overall"][METRIC] == pytest.approx(0.9)


def test_no_record_leaves_the_registry_as_it_is(own: Bench, data: Path) -> None:
    before = listing(own.root)
    done = compare(own, "--on", data / "Split-eval" / "*.gz", "--no-record", "--json")
    assert done.exit_code == 0, done.stderr
    assert row_of(json.loads(done.stdout), data) == pytest.approx((0.6, 0.8))
    assert listing(own.root) == before


def test_whatever_is_wrong_with_the_data_is_one_line_and_nothing_is_recorded(
    own: Bench, tmp_path: Path
) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "data").write_text("no records in here")
    make_examples(tmp_path / "empty", {"eval": []})
    make_examples(tmp_path / "splits", {"north": HALF[:2], "south": HALF[:2]})
    before = listing(own.root)
    for place, part in {
        tmp_path / "nowhere": "there are no examples",
        tmp_path / "text": "is no TFRecord file",
        tmp_path / "empty": "hold no example",
        tmp_path / "splits": "none is 'eval'",
    }.items():
        done = compare(own, "--on", place)
        assert done.exit_code == 1, place
        assert done.stdout == ""
        told = [line for line in done.stderr.splitlines() if line.startswith("hallmark: ")]
        assert len(told) == 1, done.stderr
        assert done.stderr.splitlines()[-1] == told[0]
        assert part in told[0]
        assert listing(own.root) == before


def test_what_is_about_the_data_alone_is_a_usage_error_without_it(own: Bench) -> None:
    for arguments in (("--no-record",), ("--reason", "why"), ("--beam-arg", "--runner=DirectRunner")):
        done = compare(own, *arguments)
        assert done.exit_code == 2
        assert "--on DATA" in done.stderr


def test_version_without_a_release_cannot_be_evaluated(own: Bench, data: Path) -> None:
    own.tag(own.train(5, 5, seed=9))
    done = compare(own, "@latest", "--on", data)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "without a release: push its model again" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not [event for event in own.registered.events() if event.kind == "evaluated"]
