"""`Model.audit`: everything that the records promise, each broken promise named, and the rest still checked."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies

from tests.conftest import listing
from tests.registry.adopted import writable
from tests.registry.judged_versions import HYPERPARAMETERS, evaluation
from tfx_hallmark.registry import checkpoint, events
from tfx_hallmark.registry.events import Evaluated, Pruned, Reproduced
from tfx_hallmark.registry.examining.auditing import AuditedModel, audit
from tfx_hallmark.registry.golden import GoldenPredictions, GoldenTensor, keep
from tfx_hallmark.registry.manifest import (
    Code,
    DataSource,
    Environment,
    Golden,
    Manifest,
    Provenance,
    SourceFile,
)
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.reproduction import ReproductionReport, WeightsCompared
from tfx_hallmark.registry.training_curve import Epoch, TrainingCurve
from tfx_hallmark.registry.tree import ContentDigest
from tfx_hallmark.registry.verdict import Verdict

Make = Callable[[int], Path]
EVENTS = 9
PACKAGES = {"tensorflow": "2.21.0"}
CURVE = TrainingCurve(epochs=(Epoch(epoch=1, time="2026-11-22T02:00:00.000000Z", metrics={"loss": 0.5}),))


def known_provenance(objects: ObjectStore) -> Provenance:
    return Provenance(
        data=DataSource(uri="/data/1", schema_text=objects.put("feature { name: 'culmen' }\n")),
        code=Code(
            module="trainer.py",
            module_source=objects.put("def run_fn(fn_args): ...\n"),
            files={"layers.py": SourceFile(digest="0" * 64, source=objects.put("UNITS = 8\n"))},
            diff=objects.put("-UNITS = 4\n+UNITS = 8\n"),
        ),
        hyperparameters=HYPERPARAMETERS,
        environment=Environment(
            python="3.11",
            platform="Linux",
            cpus=2,
            memory=16,
            packages={},
            all_packages=objects.put(PACKAGES),
        ),
        training_curve=objects.put(CURVE),
    )


def known_golden(content: ContentDigest, objects: ObjectStore) -> Golden:
    values = GoldenTensor(dtype="float32", shape=(1,), data=b"\0" * 4)
    predictions = GoldenPredictions(
        signature="serving_default", split="eval", inputs={"x": values}, outputs={"y": values}
    )
    return keep(predictions, content, objects)


def report(outcome: Any) -> ReproductionReport:
    return ReproductionReport(
        model="penguin",
        version="1.0.0",
        digest="b3:0",
        outcome=outcome,
        summary="the weights are equal to the bit",
        tolerance=0.0,
        seconds=1.0,
        plan=(),
        weights=WeightsCompared(tensors=2, equal=2),
    )


@pytest.fixture
def records(model: Model, make_candidate: Make, root: Path) -> Path:
    """The records of a model of nine events: release 1 judged, 1.0.1 refused, release 2 past the gate."""
    for number in (1, 2, 3):
        model.tag(make_candidate(number), provenance=known_provenance, golden=known_golden)
    model.push(make_candidate(1), "1.0.0", evaluation(0.8))
    model.push(make_candidate(2), "1.0.1", evaluation(0.9))
    model.push_unchecked(make_candidate(3), "1.0.2", reason="a test")
    evidence = model._ledger.objects.put(evaluation(0.7).evidence)
    model._ledger.commit(lambda _: Evaluated(version="1.0.0", evidence=evidence, summary="fine"), actor="me")
    told_of = report("bit_equal")
    reproduced = Reproduced(
        version="1.0.0",
        report=model._ledger.objects.put(told_of),
        outcome=told_of.outcome,
        summary=told_of.summary,
    )
    model._ledger.commit(lambda _: reproduced, actor="me")
    model.quarantine("1.0.1", reason="a test")
    assert model.state.seq == EVENTS
    return root / ".hallmark/penguin"


@pytest.fixture
def long(records: Path, root: Path) -> Path:
    """The same with so many events that a checkpoint was saved, after the last."""
    model = Registry.open(root).model("penguin")
    for _ in range(30):
        model.unquarantine("1.0.1", reason="a test")
        model.quarantine("1.0.1", reason="a test")
    Registry.open(root).model("penguin")
    assert (records / "checkpoint/state.msgpack").exists()
    return records


def audited(root: Path) -> AuditedModel:
    return audit(*Registry.open(root).places("penguin"), "penguin")


def told(root: Path) -> list[tuple[str, str]]:
    before = listing(root)
    findings = audited(root).findings
    assert listing(root) == before
    return [(finding.code, finding.where) for finding in findings]


def file(records: Path, seq: int) -> Path:
    return records / "log" / f"{seq:020d}.json"


def edit(records: Path, seq: int, **changes: Any) -> None:
    """Rewrites an event as somebody would who knows how to seal it."""
    path = file(records, seq)
    event = msgspec.structs.replace(events.unseal(path.read_bytes(), "")[0], **changes)
    path.write_bytes(events.seal(event)[0])


def damage(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_a_good_registry_gives_no_finding(records: Path, root: Path) -> None:
    assert told(root) == []
    done = audited(root)
    # Three manifests with seven objects each, three verdicts, evidence for two and one more, a reproduction.
    assert (done.events, done.objects, done.releases) == (EVENTS, 31, 2)
    assert done.size == sum(Registry.open(root).model("penguin").version(one).state.size for one in "12")
    assert Registry.open(root).model("penguin").audit() == ()


def test_a_good_registry_with_a_checkpoint_gives_no_finding(long: Path, root: Path) -> None:
    assert told(root) == []


def test_a_pruned_release_is_no_finding(records: Path, root: Path) -> None:
    model = Registry.open(root).model("penguin")
    model._ledger.commit(lambda _: Pruned(version="1.0.0", releases=(1,)), actor="a test")
    shutil.rmtree(writable(model.path / "1"))
    assert told(root) == []


@hypothesis.settings(
    max_examples=60, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], deadline=None
)
@hypothesis.given(
    seq=strategies.integers(1, EVENTS),
    at=strategies.floats(0, 1, exclude_max=True),
    flip=strategies.integers(1, 255),
)
def test_one_changed_byte_in_an_event_is_found_and_located(
    records: Path, root: Path, seq: int, at: float, flip: int
) -> None:
    path = file(records, seq)
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[int(at * len(whole))] ^= flip
    path.write_bytes(changed)
    try:
        assert ("event-damaged", f"penguin event {seq}") in told(root)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("seq", [1, 4, EVENTS - 1])
def test_an_event_that_was_edited_and_sealed_again_breaks_the_chain(
    records: Path, root: Path, seq: int
) -> None:
    edit(records, seq, actor="somebody else")
    assert told(root) == [("event-replaced", f"penguin event {seq + 1}")]
    [finding] = audited(root).findings
    assert f"it does not follow event {seq}: one of the two was replaced" == finding.what


def test_the_last_event_sealed_again_is_found_only_by_a_checkpoint(
    records: Path, root: Path, request: pytest.FixtureRequest
) -> None:
    """No event follows it whose `prev` would tell."""
    edit(records, EVENTS, actor="somebody else")
    assert told(root) == []
    long: Path = request.getfixturevalue("long")
    last = max(int(path.stem) for path in (long / "log").iterdir())
    edit(long, last, actor="somebody else")
    assert told(root) == [("checkpoint-differs", "penguin checkpoint")]


@pytest.mark.parametrize(
    ("seq", "consequences", "read"),
    [
        # Events 1 to 3 tag, 4 publishes release 1, 5 refuses, 6 publishes release 2, 7 evaluates.
        (1, [("release-unverifiable", "penguin@1.0.0 release 1")], 1),
        (2, [], 2),
        (4, [], 1),
        (7, [], 2),
    ],
)
def test_a_deleted_event_is_found_and_the_rest_is_still_checked(
    records: Path, root: Path, seq: int, consequences: list[tuple[str, str]], read: int
) -> None:
    """The base path is not held against half a log: what only lost events knew would look foreign."""
    file(records, seq).unlink()
    assert told(root) == [("event-missing", f"penguin event {seq}"), *consequences]
    assert audited(root).releases == read
    damage(writable(root / "penguin/2") / "saved_model.pb")
    assert told(root)[1:] == [*consequences, ("file-changed", "penguin@1.0.2 release 2: saved_model.pb")]


def test_a_run_of_deleted_events_is_one_finding(records: Path, root: Path) -> None:
    for seq in (3, 4, 5):
        file(records, seq).unlink()
    assert told(root)[0] == ("event-missing", "penguin events 3 to 5")


def test_events_deleted_before_a_checkpoint_leave_the_releases_known(long: Path, root: Path) -> None:
    file(long, 1).unlink()
    damage(writable(root / "penguin/1") / "saved_model.pb")
    (root / "penguin/notes.txt").touch()
    assert told(root) == [
        ("event-missing", "penguin event 1"),
        ("file-changed", "penguin@1.0.0 release 1: saved_model.pb"),
        ("foreign-entry", "penguin"),
    ]
    assert audited(root).releases == 2


def test_the_last_events_deleted_are_found_only_by_what_reaches_further(records: Path, root: Path) -> None:
    """A log without its end is a whole log. What it leaves behind tells: a release, or a checkpoint."""
    file(records, EVENTS).unlink()
    assert told(root) == []
    for seq in range(EVENTS - 1, 5, -1):
        file(records, seq).unlink()
    assert told(root) == [("foreign-entry", "penguin")]


def test_the_last_events_deleted_are_found_by_the_checkpoint(long: Path, root: Path) -> None:
    saved = checkpoint.saved_state(Registry.open(root).places("penguin")[0])
    assert saved is not None
    for path in (long / "log").iterdir():
        if int(path.stem) >= saved.seq:
            path.unlink()
    assert told(root) == [("log-truncated", f"penguin event {saved.seq}")]
    assert audited(root).releases == 2


def test_events_of_a_newer_hallmark_are_told_and_passed_over(records: Path, root: Path) -> None:
    edit(records, EVENTS, schema=events.SCHEMA + 1)
    [finding] = audited(root).findings
    assert (finding.code, finding.repair) == ("event-newer", "update tfx-hallmark")


def test_an_event_that_contradicts_the_others_is_told(records: Path, root: Path) -> None:
    path = file(records, EVENTS)
    event, _ = events.unseal(path.read_bytes(), "")
    path.write_bytes(events.seal(msgspec.structs.replace(event, data=events.Quarantined(version="9.9.9")))[0])
    assert told(root) == [("event-contradicts", f"penguin event {EVENTS}")]


@pytest.mark.parametrize("name", ["notes.txt", "1.json", f"{0:020d}.json", f"{9:020d}.json.orig"])
def test_what_is_no_event_is_told(records: Path, root: Path, name: str) -> None:
    (records / "log" / name).touch()
    assert told(root) == [("foreign-record", "penguin")]


def referred(model: Model) -> dict[str, str]:
    """Gives the digest of every kind of object, and where a finding says that it is."""
    version = model.version("1.0.1")
    manifest = model._ledger.objects.get(version.state.manifest, Manifest)
    verdict = model._ledger.objects.get(version.state.verdict or "", Verdict)
    assert manifest.provenance.code is not None
    assert manifest.provenance.environment is not None
    assert manifest.provenance.data is not None
    assert manifest.golden is not None
    code = manifest.provenance.code
    assert verdict.evidence is not None
    return {
        "penguin@1.0.1 manifest": version.state.manifest,
        "penguin@1.0.1 manifest: source of the module": code.module_source or "",
        "penguin@1.0.1 manifest: source of layers.py": code.files["layers.py"].source or "",
        "penguin@1.0.1 manifest: uncommitted changes": code.diff or "",
        "penguin@1.0.1 manifest: text of the schema": manifest.provenance.data.schema_text or "",
        "penguin@1.0.1 manifest: golden predictions": manifest.golden.predictions or "",
        "penguin@1.0.1 manifest: list of packages": manifest.provenance.environment.all_packages,
        "penguin@1.0.1 manifest: training curve": manifest.provenance.training_curve or "",
        "penguin@1.0.1 verdict (event 5)": version.state.verdict or "",
        "penguin@1.0.1 verdict (event 5): evidence": verdict.evidence,
        "penguin@1.0.0 evidence (event 7)": model.version("1.0.0").state.evidence[0],
        "penguin@1.0.0 reproduction (event 8)": model.version("1.0.0").state.reproductions[0],
    }


@pytest.mark.parametrize("how", [damage, Path.unlink])
def test_every_kind_of_object_that_is_damaged_or_deleted_is_found(
    records: Path, root: Path, how: Callable[[Path], Any]
) -> None:
    for where, digest in referred(Registry.open(root).model("penguin")).items():
        path = records / "objects" / digest.removeprefix("b3:")
        whole = path.read_bytes()
        how(path)
        code = "object-missing" if how is Path.unlink else "object-damaged"
        found = audited(root).findings
        assert (code, where) in {(finding.code, finding.where) for finding in found}
        assert all(str(path) in finding.what for finding in found)
        assert {finding.repair for finding in found} == {"restore it from a backup of the registry root"}
        path.write_bytes(whole)
    assert told(root) == []


def test_a_reproduction_that_came_out_otherwise_than_its_event_says_is_found(
    records: Path, root: Path
) -> None:
    model = Registry.open(root).model("penguin")
    other = model._ledger.objects.put(report("different"))
    edit(records, 8, data=msgspec.structs.replace(model.event(8).data, report=other))
    [found] = [one for one in audited(root).findings if one.code == "object-contradicts"]
    assert found.where == "penguin@1.0.0 reproduction (event 8)"
    assert found.what == "its outcome is 'different', but by the event it should be 'bit_equal'"


def test_an_object_that_no_event_names_is_harmless(records: Path, root: Path) -> None:
    (records / "objects" / ("0" * 64)).write_text("nobody's")
    assert told(root) == []


def test_a_manifest_of_another_version_is_found(records: Path, root: Path) -> None:
    model = Registry.open(root).model("penguin")
    tagged = model.event(3)
    assert isinstance(tagged.data, events.Tagged)
    other = model.version("1.0.0").state.manifest
    edit(records, 3, data=msgspec.structs.replace(tagged.data, manifest=other))
    found = [one for one in audited(root).findings if one.code == "object-contradicts"]
    assert {one.where for one in found} == {"penguin@1.0.2 manifest"}
    assert "its version is '1.0.0', but by the event it should be '1.0.2'" in {one.what for one in found}


@pytest.mark.parametrize(
    ("how", "code"), [(damage, "checkpoint-damaged"), (Path.unlink, None), (lambda path: None, None)]
)
def test_a_damaged_checkpoint_is_told_and_a_missing_one_is_not(
    long: Path, root: Path, how: Callable[[Path], Any], code: str | None
) -> None:
    how(long / "checkpoint/state.msgpack")
    assert told(root) == ([] if code is None else [(code, "penguin checkpoint")])


def test_a_checkpoint_that_lies_is_told_and_not_believed(long: Path, root: Path) -> None:
    storage, _ = Registry.open(root).places("penguin")
    saved = checkpoint.saved_state(storage)
    assert saved is not None
    saved.releases.pop(1)
    assert checkpoint.save_if_due(storage, saved, 0)
    assert told(root) == [("checkpoint-differs", "penguin checkpoint")]
    assert audited(root).releases == 2


def test_everything_that_is_wrong_is_told_at_once(long: Path, root: Path) -> None:
    damage(file(long, 5))
    damage(long / "objects" / Registry.open(root).model("penguin").version("1.0.0").state.manifest[3:])
    damage(writable(root / "penguin/2") / "saved_model.pb")
    (root / "penguin/notes.txt").touch()
    assert told(root) == [
        ("event-damaged", "penguin event 5"),
        ("object-damaged", "penguin@1.0.0 manifest"),
        ("file-changed", "penguin@1.0.2 release 2: saved_model.pb"),
        ("foreign-entry", "penguin"),
    ]
