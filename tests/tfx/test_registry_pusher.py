"""RegistryPusher's PushedModel, its repetitions, and what it refuses to believe."""

import copy
import shutil
from pathlib import Path

import pytest
from tfx.proto import pusher_pb2
from tfx.types import standard_artifacts

from tests.conftest import listing, outside_stamps
from tests.tfx import tiny_model
from tests.tfx.one_line import OneLine
from tests.tfx.workbench import Candidate, as_channel, make_artifact, make_model
from tfx_hallmark.registry.errors import ConfigError, DigestMismatchError, EvidenceError, NotFoundError
from tfx_hallmark.registry.tree import digest_tree


def infra_blessing(folder, blessed):
    """Makes what InfraValidator writes."""
    artifact = make_artifact(standard_artifacts.InfraBlessing, folder)
    if blessed is not None:
        artifact.set_int_custom_property("blessed", blessed)
    return as_channel(artifact)


def kinds(bench):
    return [event.kind for event in bench.registered.events()]


def served(bench):
    """Gives what serves and what is on record: all but objects that nothing refers to yet."""
    return {
        path: entry
        for path, entry in listing(bench.root).items()
        if f"{bench.registered.name}/objects" not in path
    }


def unmoved(bench, error, *parts):
    """Expects one line that leaves what serves and what is on record alone."""
    return OneLine(lambda: served(bench), error, *parts)


# What a push leaves behind


def test_i8_release_is_what_was_tagged_and_pushed_model_holds_the_same_files(evaluated):
    import tensorflow as tf

    bench, candidate = evaluated(10, 10)
    pushed_model = bench.push(candidate)
    release = bench.registered.path / "2"
    digest = candidate.model_version.get_string_custom_property("digest")
    assert digest_tree(release).digest == digest
    assert pushed_model.get_string_custom_property("hallmark_digest") == digest
    assert pushed_model.get_string_custom_property("pushed_destination") == str(release)
    assert pushed_model.get_string_custom_property("pushed_version") == "2"
    files = [path.relative_to(release) for path in release.rglob("*") if path.is_file()]
    assert Path("saved_model.pb") in files
    for file in files:
        assert (release / file).samefile(Path(pushed_model.uri) / file)
    for folder in (release, pushed_model.uri):
        serving = tf.saved_model.load(str(folder)).signatures["serving_default"]
        rows = [tiny_model.serialized(row) for row in tiny_model.rows()]
        predicted = serving(examples=tf.constant(rows))["predictions"].numpy()[:, 0] > 0.5
        truth = [row["label"] == 1 for row in tiny_model.rows()]
        assert (predicted != truth).sum() == 20


def test_i7_pushing_again_gives_the_same_release_and_no_second_copy(evaluated):
    bench, candidate = evaluated(10, 10)
    first = bench.push(candidate)
    before = outside_stamps(bench.root)
    second = bench.push(candidate)
    assert outside_stamps(bench.root) == before
    for key in ("pushed_version", "pushed_destination", "hallmark_version", "hallmark_digest"):
        assert second.get_string_custom_property(key) == first.get_string_custom_property(key)
    assert second.get_int_custom_property("pushed") == 1
    assert kinds(bench).count("published") == 2


def test_i7_executor_that_is_retried_on_the_same_artifacts_succeeds(evaluated):
    bench, candidate = evaluated(10, 10)
    pusher = bench.pusher(candidate)
    output = make_artifact(standard_artifacts.PushedModel, bench.new_folder())
    inputs = {key: list(channel.get()) for key, channel in pusher.inputs.items()}
    for _ in range(2):
        pusher.executor_spec.executor_class().Do(inputs, {"pushed_model": [output]}, {})
    assert output.get_string_custom_property("pushed_version") == "2"
    assert kinds(bench).count("published") == 2


def test_refusal_that_is_retried_is_recorded_once(evaluated):
    bench, candidate = evaluated(20, 20)
    for _ in range(2):
        assert bench.push(candidate).get_int_custom_property("pushed") == 0
    assert kinds(bench).count("refused") == 1


def test_candidate_refused_once_is_published_when_it_is_evaluated_against_what_serves_now(evaluated):
    bench, rival = evaluated(15, 15)
    candidate = bench.prepare(bench.train(10, 10, seed=9))
    assert bench.push(rival).get_int_custom_property("pushed") == 1
    assert bench.push(candidate).get_int_custom_property("pushed") == 0
    assert bench.push(bench.prepare(candidate)).get_string_custom_property("pushed_version") == "3"


@pytest.mark.parametrize(("blessed", "pushed"), [(1, 1), (0, 0), (None, 0)])
def test_infra_blessing_must_be_1(evaluated, tmp_path, blessed, pushed):
    bench, candidate = evaluated(10, 10)
    pushed_model = bench.push(candidate, infra_blessing=infra_blessing(tmp_path / "infra", blessed))
    assert pushed_model.get_int_custom_property("pushed") == pushed
    verdict = bench.registered.version("1.0.1").verdict
    assert [reason.code for reason in verdict.reasons] == (["better"] if pushed else ["infra_not_blessed"])


def test_blessing_that_says_no_is_final_although_every_threshold_is_met(evaluated):
    bench, candidate = evaluated(10, 10)
    candidate.blessing.set_int_custom_property("blessed", 0)
    assert bench.push(candidate).get_int_custom_property("pushed") == 0
    assert [reason.code for reason in bench.registered.version("1.0.1").verdict.reasons] == ["not_blessed"]


def test_push_destination_that_names_the_same_directory_is_accepted(evaluated):
    bench, candidate = evaluated(10, 10)
    same = pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=f"{bench.root}/tiny/")
    )
    assert bench.push(candidate, push_destination=same).get_int_custom_property("pushed") == 1


# Inconsistencies


def test_push_destination_elsewhere(evaluated, tmp_path):
    bench, candidate = evaluated(10, 10)
    elsewhere = pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=str(tmp_path / "elsewhere"))
    )
    with unmoved(
        bench, ConfigError, tmp_path / "elsewhere", bench.root / "tiny", "leave push_destination out"
    ):
        bench.push(candidate, push_destination=elsewhere)


def test_push_destination_without_a_directory_is_refused_at_construction(evaluated):
    bench, candidate = evaluated(10, 10)
    with unmoved(bench, ConfigError, "filesystem.base_directory"):
        bench.pusher(candidate, push_destination=pusher_pb2.PushDestination())


def another(artifact, source):
    """Gives an artifact with the properties and files of another candidate's."""
    return copy.deepcopy(getattr(source, artifact))


@pytest.mark.parametrize("artifact", ["blessing", "evaluation"])
def test_blessing_or_evaluation_of_another_model(evaluated, artifact):
    bench, candidate = evaluated(10, 10)
    _, other = evaluated(0, 25)
    setattr(candidate, artifact, another(artifact, other))
    with unmoved(
        bench, EvidenceError, f"of another candidate ({other.model.uri}", candidate.model.uri, "connect the"
    ):
        bench.push(candidate)


def test_blessing_and_evaluation_of_another_model_with_its_version(evaluated):
    bench, candidate = evaluated(10, 10)
    _, other = evaluated(0, 25)
    for artifact in ("blessing", "evaluation", "model", "baseline"):
        setattr(candidate, artifact, another(artifact, other))
    with unmoved(bench, EvidenceError, candidate.blessing.uri, "of version", "of this version's evaluator"):
        bench.push(candidate)


def test_blessing_of_another_baseline(evaluated):
    bench, candidate = evaluated(10, 10)
    candidate.baseline = bench.hand_out_baseline(
        Candidate(**{field: getattr(candidate, field) for field in ("model", "model_version")})
    ).baseline
    with unmoved(bench, EvidenceError, "of another baseline", candidate.baseline.uri, "connect the blessing"):
        bench.push(candidate)


def test_blessing_that_names_no_model(evaluated):
    bench, candidate = evaluated(10, 10)
    nameless = make_artifact(standard_artifacts.ModelBlessing, bench.new_folder())
    nameless.set_int_custom_property("blessed", 1)
    candidate.blessing = nameless
    with unmoved(bench, EvidenceError, nameless.uri):
        bench.push(candidate)


@pytest.fixture
def damaged(evaluated):
    """Gives a candidate that would be published, with an evaluation of its own to damage."""
    bench, candidate = evaluated(10, 10)
    own = bench.new_folder()
    shutil.copytree(candidate.evaluation.uri, own)
    candidate.evaluation.uri = str(own)
    return bench, candidate, own


def test_undamaged_copy_of_the_evaluation_is_accepted(damaged):
    bench, candidate, _ = damaged
    assert bench.push(candidate).get_int_custom_property("pushed") == 1


def test_missing_evaluation(damaged):
    bench, candidate, folder = damaged
    shutil.rmtree(folder)
    with unmoved(bench, EvidenceError, folder, "run the Evaluator again"):
        bench.push(candidate)


FILES = ("eval_config.json", "metrics-00000-of-00001.tfrecord", "validations.tfrecord")


def remove(file):
    file.unlink()


def empty(file):
    file.write_bytes(b"")


def halve(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)


@pytest.mark.parametrize("damage", [remove, empty, halve, flip])
@pytest.mark.parametrize("name", FILES)
def test_damaged_evaluation(damaged, name, damage):
    bench, candidate, folder = damaged
    damage(folder / name)
    with unmoved(bench, EvidenceError, folder, "run the Evaluator again"):
        bench.push(candidate)


def test_evaluation_whose_config_is_json_of_something_else(damaged):
    bench, candidate, folder = damaged
    (folder / "eval_config.json").write_text("[]")
    with unmoved(bench, EvidenceError, folder, "run the Evaluator again"):
        bench.push(candidate)


@pytest.fixture
def first_again(bench, published):
    """Gives a registry where nothing is stable and a first model, with an evaluation of its own to damage."""
    _, first = published
    candidate = Candidate(
        **{field: copy.deepcopy(getattr(first, field)) for field in first.__struct_fields__}
    )
    bench.tag(candidate)
    own = bench.new_folder()
    shutil.copytree(candidate.evaluation.uri, own)
    candidate.evaluation.uri = str(own)
    return bench, candidate, own


@pytest.mark.parametrize("damage", [remove, empty])
def test_first_model_is_not_published_on_an_evaluation_without_metrics(first_again, damage):
    # With nothing stable there is no change threshold whose absence the gate could notice.
    bench, candidate, folder = first_again
    damage(folder / "metrics-00000-of-00001.tfrecord")
    with unmoved(bench, EvidenceError, folder, "run the Evaluator again"):
        bench.push(candidate)


def test_evaluation_that_lost_the_record_of_one_slice(damaged):
    import tensorflow as tf

    bench, candidate, folder = damaged
    file = str(folder / "metrics-00000-of-00001.tfrecord")
    records = list(tf.data.TFRecordDataset(file).as_numpy_iterator())
    with tf.io.TFRecordWriter(file) as writer:
        for record in records:
            if b"region" in record:
                writer.write(record)
    with unmoved(bench, EvidenceError, folder, "run the Evaluator again"):
        bench.push(candidate)


def test_unreadable_evaluation_file(damaged):
    bench, candidate, folder = damaged
    # Root may read anything, so a directory stands in for what cannot be read.
    (folder / "eval_config.json").unlink()
    (folder / "eval_config.json").mkdir()
    with unmoved(bench, EvidenceError, folder, "run the Evaluator again"):
        bench.push(candidate)


def test_baseline_that_stable_baseline_did_not_make(first_again):
    bench, candidate, _ = first_again
    candidate.baseline = make_model(bench.new_folder(), (20, 20))
    with unmoved(bench, EvidenceError, candidate.baseline.uri, "StableBaseline"):
        bench.push(candidate)


def test_evaluator_takes_no_baseline_that_stable_baseline_did_not_make(serving):
    bench, _ = serving
    candidate = bench.tag(bench.train(10, 10))
    candidate.baseline = make_model(bench.new_folder(), (20, 20))
    with unmoved(bench, EvidenceError, candidate.baseline.uri, "StableBaseline"):
        bench.evaluate(candidate)


def test_model_version_that_version_tagger_did_not_make(evaluated):
    from tfx_hallmark import ModelVersion

    bench, candidate = evaluated(10, 10)
    candidate.model_version = make_artifact(ModelVersion, bench.new_folder())
    with unmoved(bench, EvidenceError, candidate.model_version.uri, "registry_root"):
        bench.push(candidate)


def test_candidate_that_changed_after_it_was_tagged(serving):
    bench, _ = serving
    candidate = bench.prepare(bench.train(10, 10))
    serving_dir = Path(candidate.model.uri) / "Format-Serving"
    shutil.rmtree(serving_dir)
    tiny_model.save(serving_dir, (0, 0))
    with unmoved(bench, DigestMismatchError, "1.0.1", "run the pipeline again from Trainer"):
        bench.push(candidate)


def test_registry_that_is_gone(evaluated):
    bench, candidate = evaluated(10, 10)
    shutil.move(bench.root, bench.folder / "gone")
    with pytest.raises(NotFoundError) as caught:
        bench.push(candidate)
    assert str(bench.root) in str(caught.value)
    # The tagger may well be cached, so the message has to say what makes a registry again.
    assert "VersionTagger" in str(caught.value)
    assert not bench.root.exists()


def test_release_that_serves_no_more_is_named_when_there_is_no_baseline_to_hand_out(serving):
    bench, _ = serving
    candidate = bench.tag(bench.train(10, 10))
    shutil.rmtree(bench.registered.path / "1")
    with unmoved(bench, NotFoundError, "release 1", "push its model again"):
        bench.hand_out_baseline(candidate)
