"""`hallmark compare --on DATA`: versions that were trained in different runs, measured on the same data."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from click.testing import CliRunner
from tfx.types.artifact import Artifact

from tests.conftest import listing
from tests.tfx import tiny_model
from tests.tfx.workbench import BEAM_ARGS, NAME, Bench, Candidate, make_examples, moved_to
from tfx_hallmark.cli.main import app
from tfx_hallmark.evidence.evaluating import evaluate

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


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Examples artifact with the first fifty rows of each region, where 1.0.0 errs in 20 and 1.0.1 in 10."""
    folder = tmp_path_factory.mktemp("data") / "november"
    make_examples(folder, {"eval": HALF, "train": HALF[:3]})
    return folder


@pytest.fixture(scope="module")
def measured(
    tmp_path_factory: pytest.TempPathFactory, both: tuple[Bench, Candidate], data: Path
) -> tuple[Bench, Any]:
    """A bench where both were measured on that data and put on record, and what was said; to be read only."""
    bench, _ = moved_to(*both, tmp_path_factory.mktemp("measured") / "bench")
    done = compare(bench, "--on", data, "--reason", "the November data", "--json")
    assert done.exit_code == 0, done.stderr
    return bench, json.loads(done.stdout)


def compare(bench: Bench, *arguments: object) -> Any:
    given = ["compare", f"{NAME}@1.0.0", "@stable", "--root", bench.root, *arguments]
    return CliRunner().invoke(app, [str(argument) for argument in given])


def row_of(told: Any, data: object) -> tuple[float, ...]:
    """Gives the accuracy of both on that data."""
    (section,) = [section for section in told["sections"] if str(data) in section["title"]]
    (row,) = [row for row in section["rows"] if METRIC in row["name"] and "region" not in row["name"]]
    return tuple(float(value) for value in row["values"])


def evaluated_events(bench: Bench) -> list[Any]:
    return [event for event in bench.registered.events() if event.kind == "evaluated"]


def test_versions_are_measured_on_that_data_and_put_on_record(
    measured: tuple[Bench, Any], both: tuple[Bench, Candidate], data: Path
) -> None:
    bench, told = measured
    assert row_of(told, data) == pytest.approx((0.6, 0.8))
    added = evaluated_events(bench)
    assert sorted((event.data.version, event.data.data, event.reason) for event in added) == [
        (version, str(data), "the November data") for version in ("1.0.0", "1.0.1")
    ]
    assert all("(100 examples)" in event.data.summary for event in added)
    # It decides nothing.
    before, stable = both[0].registered.version("stable"), bench.registered.version("stable")
    assert (stable.version, stable.metrics) == ("1.0.1", before.metrics)
    assert before.metrics["Overall"][METRIC] == pytest.approx(0.9)


def test_same_data_again_measures_the_same_and_is_on_record_again(
    measured: tuple[Bench, Any], data: Path, tmp_path: Path
) -> None:
    bench = Bench(tmp_path / "bench", measured[0].examples)
    shutil.copytree(measured[0].root, bench.root, symlinks=True)
    (first,) = [event for event in evaluated_events(bench) if event.data.version == "1.0.1"]
    stable = bench.registered.version("stable")
    found = evaluate(
        {"stable": stable.path},
        eval_config=stable.evidence.eval_config,
        examples=[str(data / "Split-eval")],
        output=tmp_path / "evaluation",
    )
    bench.registered.record_evaluation("stable", found["stable"], data="again", reason="to be sure")
    (_, again) = [event for event in evaluated_events(bench) if event.data.version == "1.0.1"]
    assert (again.data.data, again.reason) == ("again", "to be sure")
    assert again.data.evidence == first.data.evidence, "the same numbers are the same object"


def test_no_record_leaves_the_registry_as_it_is(own: Bench, data: Path) -> None:
    before = listing(own.root)
    beam = [f"--beam-arg={argument}" for argument in BEAM_ARGS]
    done = compare(own, "--on", data / "Split-eval" / "*.gz", "--no-record", "--json", *beam)
    assert done.exit_code == 0, done.stderr
    assert row_of(json.loads(done.stdout), data) == pytest.approx((0.6, 0.8))
    assert listing(own.root) == before


def unlabelled(record: bytes) -> bytes:
    example = tf.train.Example.FromString(record)
    del example.features.feature["label"]
    return example.SerializeToString()


def cut_short(examples: Artifact) -> None:
    """Cuts the last record: only whoever reads them all finds it."""
    (file,) = Path(examples.uri).glob("Split-eval/*.gz")
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes())[:-9]))


def refused_in_one_line(bench: Bench, *arguments: object) -> str:
    """Compares, expects one line of complaint beneath the progress and nothing on record, and gives the line."""
    before = listing(bench.root)
    done = compare(bench, *arguments)
    assert (done.exit_code, done.stdout) == (1, ""), done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("hallmark: ")]
    assert len(told) == 1, done.stderr
    assert done.stderr.splitlines()[-1] == told[0]
    assert listing(bench.root) == before
    return told[0]


def test_whatever_is_wrong_with_the_data_is_one_line_and_nothing_is_recorded(
    own: Bench, tmp_path: Path
) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "data").write_text("no records in here")
    make_examples(tmp_path / "empty", {"eval": []})
    make_examples(tmp_path / "splits", {"north": HALF[:2], "south": HALF[:2]})
    make_examples(tmp_path / "unlabelled", {"eval": [unlabelled(record) for record in HALF[:2]]})
    cut_short(make_examples(tmp_path / "cut", {"eval": HALF[:9]}))
    for place, part in {
        "nowhere": "there are no examples",
        "text": "is no TFRecord file",
        "empty": "hold no example",
        "splits": "none is 'eval'",
        "unlabelled": "lacks label, which the EvalConfig takes for label or weight",
        "cut": "TFMA cannot evaluate 1.0.0 on this data",
    }.items():
        assert part in refused_in_one_line(own, "--on", tmp_path / place)


def test_options_that_beam_does_not_take_are_one_line(own: Bench, data: Path) -> None:
    told = refused_in_one_line(own, "--on", data, "--beam-arg=--direct_num_workers=many")
    assert "Beam cannot take its options --direct_num_workers=many" in told


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
    assert evaluated_events(own) == []
