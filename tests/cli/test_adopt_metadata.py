"""`hallmark adopt --metadata`: what ML Metadata knows of the runs whose models TFX Pusher has pushed.

tests/tfx/test_adopting_pipelines.py has the runs of a real pipeline, with their evaluations.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store.metadata_store import MetadataStore

from tests.cli.conftest import COMPONENTS
from tests.conftest import listing
from tests.lineage.history import assert_each_once, recorded
from tests.lineage.pusher_runs import PusherPipeline
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.delivery import detached
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.recording.sync import synchronise
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

STAMPS = (1763683200, 1763769600, 1763856000)
LATER = STAMPS[-1] + 86400


class Served:
    """A folder that a pipeline's Pusher fills, and the store that its runs are in."""

    def __init__(self, folder: Path) -> None:
        self.base = folder / "old" / "penguin"
        self.metadata = folder / "metadata.sqlite"
        initialise_store(parse_connection(str(self.metadata)))
        self.pipeline = PusherPipeline(self.store, self.base, root=str(folder / "artifacts"))

    @property
    def store(self) -> MetadataStore:
        return open_store(parse_connection(str(self.metadata)))

    @property
    def model(self) -> Model:
        return Registry.open(self.base.parent).model("penguin")

    def manifest(self, number: int) -> Manifest:
        return self.model.version(str(number)).manifest

    def write(self, number: int) -> None:
        """Writes a directory with weights of its own."""
        change_weights(copy_saved_model("linear", self.base / str(number)), number // 86400)

    def push(self, number: int, **run: Any) -> dict[str, int]:
        """Runs the pipeline once: a directory, and its records; gives the ids of the artifacts."""
        self.write(number)
        return self.pipeline.run(number, **run)


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


@pytest.fixture
def three(served: Served) -> list[dict[str, int]]:
    """Three runs: the second with another learning rate, the third with that one on other data."""
    told = ({}, {"learning_rate": 0.02}, {"learning_rate": 0.02, "span": 1})
    return [served.push(number, **run) for number, run in zip(STAMPS, told, strict=True)]


@pytest.fixture
def adopt(
    served: Served, hallmark: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Adopts with the store, and gives the answer; what is started afterwards is left out."""
    monkeypatch.setattr("tfx_hallmark.cli.adopt_command.follow_commit", lambda *_, **__: None)

    def runs(*arguments: str, metadata: bool = True) -> Any:
        store = ("--metadata", str(served.metadata)) if metadata else ()
        environment = {"HALLMARK_ROOT": "", "HALLMARK_METADATA": ""}
        done = hallmark("adopt", str(served.base), *store, "--json", *arguments, **environment)
        assert (done.exit_code, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return runs


def test_each_release_brings_the_run_that_made_it(
    served: Served, three: list[dict[str, int]], adopt: Callable[..., Any]
) -> None:
    assert adopt()["in_metadata"] == list(STAMPS)
    for number, ids, span, rate in zip(STAMPS, three, "001", (0.01, 0.02, 0.02), strict=True):
        manifest = served.manifest(number)
        source = manifest.provenance
        assert source.run is not None
        assert (source.run.pipeline, source.run.run_id) == ("tutorial", f"run-{number}")
        assert source.run.model_id == str(ids["Model"])
        assert source.data is not None
        # The span is that of what Transform has read; its own Examples have none.
        assert (source.data.uri.rpartition("/")[0].endswith("CsvExampleGen/examples"), source.data.span) == (
            True,
            span,
        )
        assert source.data.splits == ("eval", "train")
        assert (source.hyperparameters, source.seed) == ({"learning_rate": rate}, 7)
        assert source.train_args == {"num_steps": 30}
        assert source.code is not None
        assert (source.code.module, source.code.commit) == ("penguin", None)
        assert source.environment is None
        assert manifest.notes["pushed model artifact"] == str(ids["PushedModel"])
        assert manifest.notes["blessing"] == "blessed by TFX's Evaluator"
        assert manifest.notes["created"] == "as the directory's number says"


def test_semantic_versions_follow_the_numbers_by_what_the_runs_were_told(
    three: list[dict[str, int]], adopt: Callable[..., Any]
) -> None:
    adopted = adopt()["adopted"]
    assert [(one["number"], one["version"], one["bump"]) for one in adopted] == [
        (STAMPS[0], "1.0.0", "first"),
        (STAMPS[1], "1.1.0", "minor"),
        (STAMPS[2], "1.1.1", "patch"),
    ]
    assert adopted[1]["reasons"] == ["learning_rate changed from 0.01 to 0.02"]
    assert [one["labels"] for one in adopted] == [[], [], ["stable"]]


def test_a_release_of_which_no_record_tells_is_adopted_all_the_same(
    served: Served, three: list[dict[str, int]], adopt: Callable[..., Any]
) -> None:
    served.write(LATER)
    answer = adopt()
    assert answer["in_metadata"] == list(STAMPS)
    # Settings that nobody has told are not settings that were dropped.
    assert (answer["adopted"][-1]["version"], answer["adopted"][-1]["bump"]) == ("1.1.2", "patch")
    assert served.manifest(LATER).provenance.run is None


def test_a_push_that_was_not_made_tells_nothing_of_the_number(
    served: Served, adopt: Callable[..., Any]
) -> None:
    served.write(STAMPS[0])
    served.pipeline.run(STAMPS[0], pushed=0, blessed=0)
    assert adopt()["in_metadata"] == []


def test_of_two_pushes_within_one_second_the_one_that_made_the_directory_counts(
    served: Served, adopt: Callable[..., Any]
) -> None:
    first = served.push(STAMPS[0])
    served.pipeline.run(STAMPS[0], name="second", span=5)
    adopt()
    run = served.manifest(STAMPS[0]).provenance.run
    assert run is not None
    assert run.model_id == str(first["Model"])


def test_a_directory_that_was_moved_is_found_by_name_and_number_but_its_own_records_go_first(
    served: Served, three: list[dict[str, int]], adopt: Callable[..., Any]
) -> None:
    elsewhere = PusherPipeline(served.store, Path("/mnt/penguin"), name="elsewhere")
    elsewhere.run(STAMPS[0])
    moved = elsewhere.run(LATER)
    elsewhere.run(LATER + 2)  # of a directory that is not here
    PusherPipeline(served.store, Path("/mnt/walrus"), name="another model").run(LATER + 1)
    for number in (LATER, LATER + 1):
        served.write(number)
    assert adopt()["in_metadata"] == [*STAMPS, LATER]
    first, last = (served.manifest(number).provenance.run for number in (STAMPS[0], LATER))
    assert first is not None
    assert last is not None
    assert (first.pipeline, first.model_id) == ("tutorial", str(three[0]["Model"]))
    assert (last.pipeline, last.model_id) == ("elsewhere", str(moved["Model"]))


def test_adopted_anew_after_its_log_was_lost_it_has_the_same_runs(
    served: Served, adopt: Callable[..., Any]
) -> None:
    moved = PusherPipeline(served.store, Path("/mnt/penguin"), name="elsewhere").run(STAMPS[0])
    served.write(STAMPS[0])
    for _ in range(2):
        assert adopt()["in_metadata"] == [STAMPS[0]]
        notes = served.manifest(STAMPS[0]).notes
        assert notes["pushed model artifact"] == str(moved["PushedModel"])
        assert notes["blessing"] == "blessed by TFX's Evaluator"
        # Which leaves a record of this very directory, and knows no more than the log.
        synchronise(served.model, served.store)
        shutil.rmtree(served.base.parent / ".hallmark")


def test_without_an_evaluator_there_is_a_run_and_no_blessing(
    served: Served, adopt: Callable[..., Any]
) -> None:
    served.push(STAMPS[0], blessed=None)
    answer = adopt()
    assert (answer["in_metadata"], answer["unread"]) == ([STAMPS[0]], {})
    assert "blessing" not in served.manifest(STAMPS[0]).notes


def test_a_pusher_that_goes_on_is_followed_and_what_is_on_record_stays(
    served: Served, three: list[dict[str, int]], adopt: Callable[..., Any]
) -> None:
    adopt()
    before = listing(served.base.parent)
    again = adopt()
    assert (again["adopted"], again["events"], again["known"]) == ([], [], list(STAMPS))
    assert listing(served.base.parent) == before
    served.push(LATER, learning_rate=0.03, span=2)
    later = adopt()
    assert [(one["number"], one["version"]) for one in later["adopted"]] == [(LATER, "1.2.0")]
    assert (later["stable"], later["known"]) == ("1.2.0", list(STAMPS))
    source = served.manifest(LATER).provenance.data
    assert source is not None
    assert source.span == "2"
    after = listing(served.base.parent)
    assert {path: after[path] for path in before if path.endswith(".json")} == {
        path: entry for path, entry in before.items() if path.endswith(".json")
    }


def test_what_a_manifest_says_stays_as_it_was_first_written(
    served: Served, three: list[dict[str, int]], adopt: Callable[..., Any]
) -> None:
    adopt(metadata=False)
    digests = [version.state.manifest for version in served.model.versions()]
    answer = adopt()
    assert (answer["events"], answer["in_metadata"]) == ([], list(STAMPS))
    assert [version.state.manifest for version in served.model.versions()] == digests
    assert served.manifest(STAMPS[0]).provenance.run is None


def test_a_rehearsal_with_a_store_says_the_same_and_writes_nothing(
    served: Served, three: list[dict[str, int]], adopt: Callable[..., Any], hallmark: Callable[..., Any]
) -> None:
    before = listing(served.base.parent)
    arguments = ("adopt", str(served.base), "--metadata", str(served.metadata), "--dry-run")
    page = hallmark(*arguments, HALLMARK_ROOT="").stdout
    assert "ML Metadata knows the runs of 3 of 3 releases" in page
    assert "3 releases would be adopted; stable is 1.1.1" in page
    rehearsed = adopt("--dry-run")
    assert listing(served.base.parent) == before
    done = adopt()
    for key in ("adopted", "stable", "in_metadata", "unread"):
        assert rehearsed[key] == done[key]


def test_a_store_that_cannot_be_read_is_one_line_and_nothing_is_adopted(
    served: Served, three: list[dict[str, int]], hallmark: Callable[..., Any], tmp_path: Path
) -> None:
    torn = tmp_path / "torn.sqlite"
    torn.write_bytes(served.metadata.read_bytes()[:5000])
    for store in (tmp_path / "none.sqlite", torn):
        done = hallmark("adopt", str(served.base), "--metadata", str(store), HALLMARK_ROOT="")
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.output
        assert str(store) in done.stderr
    assert [path.name for path in served.base.parent.iterdir()] == ["penguin"]


def test_i11_adoptions_are_in_ml_metadata_once_and_hang_together_with_the_runs(
    served: Served,
    three: list[dict[str, int]],
    hallmark: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(COMPONENTS))
    store = ("--metadata", str(served.metadata))
    assert hallmark("adopt", str(served.base), *store, HALLMARK_ROOT="").exit_code == 0
    assert detached.started.pop().wait() == 0
    assert_each_once(served.model, served.store)
    first = recorded(served.store)[min(recorded(served.store))]
    assert ("model", "in", three[0]["Model"]) in first.ties
    root = ("--root", str(served.base.parent))
    tree = hallmark("lineage", "penguin@1.1.1", *store, *root).stdout
    above, below = tree.split("LED TO")
    for made in ("Adopt", "model: Model", "Trainer", "Transform", "CsvExampleGen"):
        assert made in above
    assert "release: PushedModel" in above + below
    found = json.loads(
        hallmark("lineage", "--impact-of", f"artifact:{three[2]['Examples']}", "--json", *store, *root).stdout
    )
    assert [(one["version"], one["live"]) for one in found["versions"]] == [("1.1.1", True)]
    spans = json.loads(hallmark("lineage", "--impact-of", "span:0", "--json", *store, *root).stdout)
    assert [one["version"] for one in spans["versions"]] == ["1.0.0", "1.1.0"]
