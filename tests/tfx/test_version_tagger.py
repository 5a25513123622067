"""VersionTagger: what it refuses, what it takes from a Trainer, and what it writes down."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest
import tensorflow as tf
from tfx import v1 as tfx
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from tests.tfx import tiny_model
from tests.tfx.workbench import NAME, Bench, as_channel, launch, make_artifact, make_examples
from tfx_hallmark import HallmarkError, VersionTagger
from tfx_hallmark.lineage.property_text import LONGEST
from tfx_hallmark.registry.errors import ConfigError, InvalidNameError, VersionExistsError
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.storage import LocalStorage
from tfx_hallmark.tagger.provenance import TrainingRecord
from tfx_hallmark.tagger.schema_content import read_schema
from tfx_hallmark.tagger.training_code import PARAMETERS, TrainingCode, code_in, file_digest

MODULE = Path(tiny_model.__file__)


def wire(**options):
    return VersionTagger(
        Channel(type=standard_artifacts.Model),
        **{"registry_root": "root", "model_name": "penguin", **options},
    )


@pytest.mark.parametrize(
    ("options", "error", "parts"),
    [
        ({"model_name": "../penguin"}, InvalidNameError, ["'../penguin'"]),
        ({"model_name": ""}, InvalidNameError, ["model name ''"]),
        ({"bump": "big"}, ConfigError, ["'big'", "major, minor, patch"]),
        ({"bump": "major", "version": "2.0.0"}, ConfigError, ["bump and version", "leave one out"]),
        ({"version": "2.0"}, InvalidNameError, ["'2.0'", "2.0.0"]),
        ({"version": "v2.0.0"}, InvalidNameError, ["'v2.0.0'"]),
        ({"tag_template": "{name}"}, ConfigError, ["'{name}'", "{model}, {version}"]),
        ({"tag_template": "{model"}, ConfigError, ["'{model'"]),
        ({"notes": {"ticket": 42}}, ConfigError, ["notes", "ticket"]),
    ],
)
def test_what_cannot_work_is_refused_when_the_pipeline_is_defined(options, error, parts):
    with pytest.raises(HallmarkError) as caught:
        wire(**options)
    assert caught.type is error
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def test_registry_root_is_absolute_so_that_every_executor_means_the_same(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert wire(registry_root="serving").exec_properties["registry_root"] == str(tmp_path / "serving")
    assert wire(registry_root="gs://bucket/serving").exec_properties["registry_root"] == "gs://bucket/serving"


@pytest.mark.parametrize("root", ["memory://serving", "hdfs://host/serving", "gs://", "s3://bucket/a?b=c"])
def test_registry_root_that_no_executor_could_use_is_refused(root):
    with pytest.raises(ConfigError) as caught:
        wire(registry_root=root)
    assert root in str(caught.value)
    assert "gs://bucket/prefix" in str(caught.value)
    assert "\n" not in str(caught.value)


# After a Trainer


@pytest.fixture
def checkout(tmp_path):
    """A git working tree whose remote holds a password, with a module file in a folder of it."""
    tree = tmp_path / "checkout"
    module = tree / "modules" / "train.py"
    module.parent.mkdir(parents=True)
    module.write_bytes(MODULE.read_bytes())
    (tree / "README").write_text("read me\n")
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for command in (
        ["init", "--quiet"],
        ["remote", "add", "origin", "https://someone:s3cr3t@example.org/team/models.git?token=t0k3n"],
        ["add", "."],
        [*author, "commit", "--quiet", "--message", "first"],
    ):
        subprocess.run(["git", "-C", str(tree), *command], check=True, capture_output=True)
    return tree


def head(tree):
    done = subprocess.run(
        ["git", "-C", str(tree), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def trainer(**options):
    """Wires a stock Trainer."""
    return tfx.components.Trainer(
        **{
            "examples": Channel(type=standard_artifacts.Examples),
            "schema": Channel(type=standard_artifacts.Schema),
            "train_args": tfx.proto.TrainArgs(num_steps=120, splits=["train"]),
            "eval_args": tfx.proto.EvalArgs(num_steps=7),
            **options,
        }
    )


def training_of(tagger):
    return json.loads(tagger.exec_properties["training"])


def test_after_takes_everything_from_a_trainer(checkout):
    module = checkout / "modules" / "train.py"
    made = trainer(
        module_file=str(module), custom_config={"errors": [20, 20], "learning_rate": 0.1, "seed": 42}
    )
    tagger = VersionTagger.after(made, registry_root="root", model_name=NAME)
    assert tagger.inputs["model"] is made.outputs["model"]
    assert tagger.inputs["examples"] is made.inputs["examples"]
    assert tagger.inputs["schema"] is made.inputs["schema"]
    assert "transform_graph" not in tagger.inputs
    assert "statistics" not in tagger.inputs
    record = training_of(tagger)
    assert record["hyperparameters"] == {"errors": [20, 20], "learning_rate": 0.1}
    assert record["seed"] == 42
    assert record["train_args"] == {"num_steps": 120, "splits": ["train"]}
    assert record["eval_args"] == {"num_steps": 7}
    assert record["module"] == "modules/train.py"
    assert record["module_digest"] == file_digest(module)
    assert record["git"]["commit"] == head(checkout)
    assert record["git"]["dirty"] is False
    assert record["git"]["remote"] == "https://example.org/team/models.git"
    assert code_of(tagger).sources == {"train.py": module.read_text()}


@pytest.mark.parametrize(
    ("remote", "kept"),
    [
        ("/home/ada/models.git", None),
        ("../models", None),
        ("./odd:name", None),
        ("file:///home/ada/models.git", None),
        ("git@example.org:team/models.git", "git@example.org:team/models.git"),
        ("example.org:team/models.git", "example.org:team/models.git"),
        ("ssh://git@example.org/team/models.git", "ssh://example.org/team/models.git"),
    ],
)
def test_a_remote_on_this_machine_is_not_recorded(checkout, remote, kept):
    subprocess.run(["git", "-C", str(checkout), "remote", "set-url", "origin", remote], check=True)
    tagger = VersionTagger.after(
        trainer(module_file=str(checkout / "modules" / "train.py")), registry_root="root", model_name=NAME
    )
    assert training_of(tagger)["git"]["remote"] == kept


def test_after_says_that_the_tree_is_dirty(checkout):
    (checkout / "README").write_text("changed\n")
    tagger = VersionTagger.after(
        trainer(module_file=str(checkout / "modules" / "train.py")), registry_root="root", model_name=NAME
    )
    assert training_of(tagger)["git"]["dirty"] is True


@pytest.mark.parametrize(("file", "dirty"), [("modules/helper.py", True), ("output.csv", False)])
def test_after_counts_code_that_git_does_not_know_but_no_outputs(checkout, file, dirty):
    (checkout / file).write_text("new\n")
    tagger = VersionTagger.after(
        trainer(module_file=str(checkout / "modules" / "train.py")), registry_root="root", model_name=NAME
    )
    assert training_of(tagger)["git"]["dirty"] is dirty


def test_after_takes_a_module_outside_of_git_and_settings_given_in_place_of_the_trainers(tmp_path):
    module = tmp_path / "train.py"
    module.write_bytes(MODULE.read_bytes())
    made = trainer(module_file=str(module), custom_config={"learning_rate": 0.1, "seed": 42})
    tagger = VersionTagger.after(
        made, registry_root="root", model_name=NAME, hyperparameters={"depth": 3}, seed=7, version="3.0.0"
    )
    record = training_of(tagger)
    assert (record["module"], record["hyperparameters"], record["seed"]) == ("train.py", {"depth": 3}, 7)
    assert "git" not in record
    assert tagger.exec_properties["version"] == "3.0.0"


def test_after_takes_a_run_function_by_its_dotted_name():
    tagger = VersionTagger.after(
        trainer(run_fn="tests.tfx.tiny_model.run_fn"), registry_root="root", model_name=NAME
    )
    record = training_of(tagger)
    assert record["module"] == "tests.tfx.tiny_model.run_fn"
    assert "module_digest" not in record


@pytest.mark.parametrize("seed", ["42", 4.5, [1]])
def test_seed_that_is_no_whole_number_is_refused_when_the_pipeline_is_defined(seed):
    made = trainer(run_fn="tests.tfx.tiny_model.run_fn", custom_config={"seed": seed})
    with pytest.raises(ConfigError, match="seed"):
        VersionTagger.after(made, registry_root="root", model_name=NAME)


def code_of(tagger):
    return code_in(tagger.exec_properties)


def test_after_keeps_what_is_not_committed_and_the_files_beside_the_module(checkout):
    helper = checkout / "modules" / "helper.py"
    helper.write_text("DEPTH = 3\n")
    (checkout / "README").write_text("changed\n")
    tagger = VersionTagger.after(
        trainer(module_file=str(checkout / "modules" / "train.py")), registry_root="root", model_name=NAME
    )
    assert training_of(tagger)["files"] == {"helper.py": file_digest(helper)}
    code = code_of(tagger)
    assert code.sources == {"train.py": MODULE.read_text(), "helper.py": "DEPTH = 3\n"}
    (checkout / "README").write_text("read me\n")
    helper.unlink()
    subprocess.run(["git", "-C", str(checkout), "apply", "-"], input=code.diff, text=True, check=True)
    assert (checkout / "README").read_text() == "changed\n"
    assert helper.read_text() == "DEPTH = 3\n"


def test_no_parameter_is_longer_than_every_metadata_store_takes_however_much_code_there_is(checkout):
    # More than there is room for, and nothing that could be packed smaller.
    noise = [random.Random(number).randbytes(4_000).hex() for number in range(20)]
    modules = checkout / "modules"
    for number, text in enumerate(noise):
        (modules / f"helper_{number:02d}.py").write_text(f"NOISE = '{text}'\n")
    (checkout / "README").write_text("changed\n")
    tagger = VersionTagger.after(
        trainer(module_file=str(modules / "train.py")), registry_root="root", model_name=NAME
    )
    code = code_of(tagger)
    assert code.sources["train.py"] == MODULE.read_text()
    kept = [name for name in code.sources if name.startswith("helper")]
    assert len(kept) > 5
    assert all(code.sources[name] == (modules / name).read_text() for name in kept)
    parts = {name: value for name, value in tagger.exec_properties.items() if name.startswith("code")}
    assert len(parts) > 20
    assert max(len(text) for text in parts.values()) <= LONGEST
    assert tuple(parts) == PARAMETERS[: len(parts)]


def test_sources_and_diff_are_left_out_where_that_is_asked_for_and_their_digests_are_not(checkout):
    (checkout / "README").write_text("changed\n")
    module = checkout / "modules" / "train.py"
    tagger = VersionTagger.after(
        trainer(module_file=str(module)),
        registry_root="root",
        model_name=NAME,
        keep_sources=False,
        keep_diff=False,
    )
    assert code_of(tagger) == TrainingCode()
    assert not [name for name, value in tagger.exec_properties.items() if name.startswith("code") and value]
    record = training_of(tagger)
    assert (record["module_digest"], record["git"]["dirty"]) == (file_digest(module), True)


def test_after_tells_the_examples_that_the_trainer_read_from_those_given_in_their_place():
    made = trainer(run_fn="tests.tfx.tiny_model.run_fn", base_model=Channel(type=standard_artifacts.Model))
    raw = Channel(type=standard_artifacts.Examples)
    tagger = VersionTagger.after(made, registry_root="root", model_name=NAME, examples=raw)
    assert tagger.inputs["examples"] is raw
    assert tagger.inputs["trained_on"] is made.inputs["examples"]
    assert tagger.inputs["base_model"] is made.inputs["base_model"]
    assert training_of(tagger)["read"] == ["base_model", "schema", "trained_on"]
    same = VersionTagger.after(made, registry_root="root", model_name=NAME)
    assert "trained_on" not in same.inputs


def test_no_secret_setting_gets_into_a_parameter(checkout):
    made = trainer(
        module_file=str(checkout / "modules" / "train.py"),
        custom_config={
            "api_key": "s3cr3t",
            "nested": [{"db_password": "s3cr3t"}],
            "url": "https://me:s3cr3t@example.org/data",
            "mask_token": "[MASK]",
            "max_tokens": 64,
        },
    )
    tagger = VersionTagger.after(made, registry_root="root", model_name=NAME)
    assert "s3cr3t" not in str(tagger.exec_properties)
    settings = training_of(tagger)["custom_config"]
    assert settings["api_key"] == settings["nested"][0]["db_password"] == "[redacted]"
    assert settings["url"] == "https://[redacted]@example.org/data"
    assert (settings["mask_token"], settings["max_tokens"]) == ("[MASK]", 64)


@pytest.mark.parametrize("count", [-1, 1001, 1.5, True, "16"])
def test_number_of_golden_examples_that_cannot_be_is_refused(count):
    with pytest.raises(ConfigError, match=r"golden_examples is .*: give a whole number from 0 to 1,000"):
        wire(golden_examples=count)


# What it writes down


def manifest(bench, candidate):
    found = bench.registered.version(candidate.model_version.get_string_custom_property("version")).manifest
    assert (
        json.loads((Path(candidate.model_version.uri) / "manifest.json").read_text())["digest"]
        == found.digest
    )
    return found


def records(*splits):
    """Gives each split's rows as tf.Examples."""
    rows = [tiny_model.serialized(row) for row in tiny_model.rows()]
    return {split: rows[start::2] for start, split in enumerate(splits)}


def data_of(folder, splits, **options):
    """Tags a model made from these rows and gives what is recorded of them."""
    bench = Bench(folder, make_examples(folder / "examples", splits, **options))
    return manifest(bench, bench.tag(bench.train(20, 20))).provenance.data


def test_data_has_record_counts_and_a_digest_that_does_not_depend_on_the_order(tmp_path):
    splits = records("train", "eval")
    shuffled = {split: random.Random(1).sample(rows, len(rows)) for split, rows in splits.items()}
    data = data_of(tmp_path / "one", splits)
    assert data.records == {"train": 100, "eval": 100}
    assert data.splits == ("eval", "train")
    assert data.uri == str(tmp_path / "one" / "examples")
    again = data_of(tmp_path / "two", dict(reversed(shuffled.items())), files=3)
    assert again.digest == data.digest
    assert again.records == data.records


def test_digest_of_the_data_does_not_depend_on_the_order_of_features(tmp_path):
    """Protobuf writes a map in any order, so one row is written in different ways by different runs."""
    one, other = (_feature(name, value) for name, value in (("age", 7), ("height", 11)))
    forwards, backwards = (_example(entries) for entries in ((one, other), (other, one)))
    assert forwards != backwards
    assert tf.train.Example.FromString(forwards) == tf.train.Example.FromString(backwards)
    digest = data_of(tmp_path / "one", {"train": [forwards]}).digest
    assert data_of(tmp_path / "two", {"train": [backwards]}).digest == digest
    assert data_of(tmp_path / "three", {"train": [_example((one,))]}).digest != digest


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (
            'feature { name: "b" type: INT }\nfeature { name: "a" domain: "d" }\nstring_domain { name: "d" }',
            True,
        ),
        (
            'feature { name: "a" domain: "d" }\nfeature { name: "b" type: FLOAT }\nstring_domain { name: "d" }',
            False,
        ),
        ('feature { name: "a" domain: "d" }\nstring_domain { name: "d" }', False),
    ],
)
def test_digest_of_the_schema_does_not_depend_on_the_order_of_features(tmp_path, text, same):
    first = 'string_domain { name: "d" }\nfeature { name: "a" domain: "d" }\nfeature { name: "b" type: INT }'
    digests = []
    for name, content in (("one", first), ("two", text)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "schema.pbtxt").write_text(content)
        digests.append(read_schema(tmp_path / name).digest)
    assert (digests[0] == digests[1]) is same


def test_schema_that_cannot_be_read_has_the_digest_of_its_files(tmp_path):
    assert read_schema(tmp_path / "gone").digest is None
    (tmp_path / "schema.pbtxt").write_text("feature {")
    broken = read_schema(tmp_path).digest
    (tmp_path / "schema.pbtxt").write_text("feature { ")
    assert broken is not None
    assert read_schema(tmp_path).digest != broken


def _feature(name: str, value: int) -> bytes:
    """Gives one entry of the map in tf.train.Features."""
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Features(feature={name: feature}).SerializeToString()


def _example(entries: tuple[bytes, ...]) -> bytes:
    features = b"".join(entries)
    return b"\x0a" + bytes([len(features)]) + features  # field 1 of tf.train.Example, and its length


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[:-1],
        lambda rows: [*rows, rows[0]],
        lambda rows: [rows[1], *rows[1:]],
        # Two more of one row and two more of another differ, although each pair cancels in a bitwise sum.
        lambda rows: [*rows, rows[0], rows[0]],
    ],
    ids=["one less", "one twice", "one in place of another", "one three times"],
)
def test_digest_of_the_data_changes_with_any_row(tmp_path, change):
    splits = records("train", "eval")
    changed = {**splits, "train": change(splits["train"])}
    assert data_of(tmp_path / "one", splits).digest != data_of(tmp_path / "two", changed).digest


def test_digest_of_the_data_changes_when_rows_change_sides(tmp_path):
    splits = records("train", "eval")
    swapped = {"train": splits["eval"], "eval": splits["train"]}
    assert data_of(tmp_path / "one", splits).digest != data_of(tmp_path / "two", swapped).digest


def test_examples_that_are_not_compressed_are_read_too(tmp_path):
    # An Importer takes them as they are.
    import tensorflow as tf

    splits = records("train", "eval")
    compressed = data_of(tmp_path / "one", splits)
    for file in (tmp_path / "one" / "examples").rglob("*.gz"):
        file.unlink()
        with tf.io.TFRecordWriter(str(file.with_suffix(""))) as writer:
            for row in splits[file.parent.name.removeprefix("Split-")]:
                writer.write(row)
    examples = make_artifact(standard_artifacts.Examples, tmp_path / "one" / "examples")
    examples.split_names = '["train", "eval"]'
    bench = Bench(tmp_path / "two", examples)
    assert manifest(bench, bench.tag(bench.train(20, 20))).provenance.data.digest == compressed.digest


@pytest.mark.parametrize("damage", ["missing split", "damaged file"])
def test_examples_that_cannot_be_read_are_an_error_of_one_line(tmp_path, damage):
    examples = make_examples(tmp_path / "examples", records("train", "eval"))
    file = next((tmp_path / "examples" / "Split-train").iterdir())
    if damage == "missing split":
        file.unlink()
        file.parent.rmdir()
    else:
        file.write_bytes(b"no records at all" * 10)
    bench = Bench(tmp_path / "bench", examples)
    with pytest.raises(HallmarkError) as caught:
        bench.tag(bench.train(20, 20))
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "examples") in str(caught.value)


@pytest.fixture
def tagged(bench, checkout, monkeypatch):
    """Tags a model after a Trainer, on artifacts of every kind it may have had, in an environment with a secret."""
    monkeypatch.setenv("HALLMARK_TEST_SECRET", "s3cr3t-in-the-environment")
    bench.examples.set_string_custom_property("span", "12")
    schema = make_artifact(standard_artifacts.Schema, bench.new_folder())
    Path(schema.uri).mkdir(parents=True)
    (Path(schema.uri) / "schema.pbtxt").write_text('feature { name: "row" }')
    tuned = make_artifact(standard_artifacts.HyperParameters, bench.new_folder())
    Path(tuned.uri).mkdir(parents=True)
    (Path(tuned.uri) / "best_hyperparameters.txt").write_text('{"space": [], "values": {"depth": 5}}')
    made = trainer(
        module_file=str(checkout / "modules" / "train.py"),
        examples=as_channel(bench.examples),
        schema=as_channel(schema),
        hyperparameters=as_channel(tuned),
        custom_config={"learning_rate": 0.1, "depth": 3, "seed": 42},
    )
    candidate = bench.train(20, 20)
    made.outputs["model"].set_artifacts([candidate.model])
    tagger = VersionTagger.after(
        made,
        registry_root=str(bench.root),
        model_name=NAME,
        description="the first one",
        notes={"ticket": "42"},
        run_id="run-7",
    )
    candidate.model_version = launch(tagger, bench.new_folder())["model_version"]
    return bench, candidate, manifest(bench, candidate)


def test_manifest_says_what_the_model_was_made_from(tagged, checkout):
    bench, candidate, written = tagged
    made_from = written.provenance
    assert (written.version, written.bump, written.description) == ("1.0.0", "first", "the first one")
    assert written.notes == {"ticket": "42"}
    assert made_from.data.records == {"eval": 200}
    assert made_from.data.span == "12"
    assert made_from.data.schema.startswith("b3:")
    assert made_from.data.statistics is None
    assert made_from.hyperparameters == {"learning_rate": 0.1, "depth": 5}
    assert (made_from.seed, made_from.train_args["num_steps"]) == (42, 120)
    assert (made_from.code.module, made_from.code.commit) == ("modules/train.py", head(checkout))
    assert made_from.code.remote == "https://example.org/team/models.git"
    objects = ObjectStore(LocalStorage(bench.root / ".hallmark" / NAME))
    assert objects.get(made_from.code.module_source, str) == MODULE.read_text()
    assert made_from.environment.packages["tfx"] == tfx.__version__
    assert made_from.environment.cpus >= 1
    packages = objects.get(made_from.environment.all_packages, dict)
    assert packages["msgspec"]
    assert made_from.run.run_id == "run-7"
    assert (made_from.run.model_uri, made_from.run.model_id) == (candidate.model.uri, str(candidate.model.id))
    assert set(written.signatures) == {"serving_default", "by_class"}


def test_no_secret_reaches_the_registry_or_the_artifact(tagged):
    bench, candidate, _ = tagged
    kept = [
        path
        for folder in (bench.root, Path(candidate.model_version.uri))
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert kept
    text = "\n".join(path.read_text(errors="replace") for path in kept) + str(candidate.model_version)
    for secret in ("s3cr3t", "t0k3n", "someone"):
        assert secret not in text
    # A long variable would not be there by chance.
    for name, value in os.environ.items():
        if len(value) > 30 and not value.startswith("/"):
            assert value not in text, name


def test_module_that_was_edited_since_the_pipeline_was_defined_is_known_by_its_digest_alone(bench, tmp_path):
    module = tmp_path / "train.py"
    module.write_text("x = 1\n")
    digest = file_digest(module)
    record = TrainingRecord(module="train.py", module_digest=digest)
    module.write_text("x = 2\n")
    candidate = bench.tag(bench.train(20, 20), training=record, module_file=str(module))
    code = manifest(bench, candidate).provenance.code
    assert (code.module_digest, code.module_source) == (digest, None)


def test_what_the_trainer_read_is_recorded_beside_the_data(tmp_path):
    raw = make_examples(tmp_path / "raw", records("train", "eval"))
    read = make_examples(tmp_path / "read", {"train": records("train", "eval")["train"]})
    bench = Bench(tmp_path / "bench", raw)
    start = bench.train(50, 50).model
    candidate = bench.tag(
        bench.train(20, 20),
        trained_on=as_channel(read),
        base_model=as_channel(start),
        training=TrainingRecord(read=("base_model", "trained_on")),
        container_image="example.org/penguin@sha256:1",
    )
    made_from = manifest(bench, candidate).provenance
    assert set(made_from.inputs) == {"examples", "base_model"}
    assert (made_from.data.uri, made_from.inputs["examples"].uri) == (raw.uri, read.uri)
    assert made_from.inputs["examples"].splits == ("train",)
    assert made_from.inputs["examples"].digest not in (None, made_from.data.digest)
    assert made_from.inputs["base_model"].uri == start.uri
    assert made_from.inputs["base_model"].digest
    assert made_from.environment.container_image == "example.org/penguin@sha256:1"


def test_model_without_any_known_origin_is_tagged(tmp_path, examples):
    bench = Bench(tmp_path, examples)
    written = manifest(bench, bench.tag(bench.train(20, 20), examples=None))
    assert written.provenance.data is None
    assert written.provenance.code is None


# Numbers


def tagged_events(bench):
    return [event.data for event in bench.registered.events() if event.kind == "tagged"]


def test_version_goes_up_by_what_changed(bench):
    for errors, depth in ((20, 3), (10, 3), (5, 3), (1, 4)):
        training = TrainingRecord(module="train.py", hyperparameters={"depth": depth})
        bench.tag(bench.train(errors, errors), training=training)
    assert [(event.version, event.bump) for event in tagged_events(bench)] == [
        ("1.0.0", "first"),
        ("1.0.1", "patch"),
        ("1.0.2", "patch"),
        ("1.1.0", "minor"),
    ]
    assert any("depth" in reason for reason in tagged_events(bench)[-1].reasons)


@pytest.mark.parametrize(
    ("options", "version", "bump"),
    [({"bump": "major"}, "2.0.0", "major"), ({"version": "7.1.0"}, "7.1.0", "explicit")],
)
def test_override_is_recorded_with_what_was_inferred(bench, options, version, bump):
    bench.tag(bench.train(20, 20))
    candidate = bench.tag(bench.train(10, 10), **options)
    event = tagged_events(bench)[-1]
    assert (event.version, event.bump, event.override) == (version, bump, True)
    assert "inferred: patch" in event.reasons[0]
    assert candidate.model_version.get_string_custom_property("version") == version
    assert json.loads(candidate.model_version.get_string_custom_property("reasons")) == list(event.reasons)


def test_explicit_version_that_names_other_content_is_an_error(bench):
    bench.tag(bench.train(20, 20))
    with pytest.raises(VersionExistsError, match=r"1\.0\.0 already names other content"):
        bench.tag(bench.train(10, 10), version="1.0.0")
    assert len(tagged_events(bench)) == 1


def test_explicit_version_for_content_that_has_another_is_not_ignored_in_silence(bench):
    candidate = bench.tag(bench.train(20, 20))
    with pytest.raises(VersionExistsError, match=r"1\.0\.0"):
        bench.tag(candidate, version="2.0.0")


def test_content_that_was_tagged_before_keeps_its_version(bench):
    candidate = bench.tag(bench.train(20, 20))
    before = str(candidate.model_version.get_string_custom_property("manifest"))
    bench.tag(candidate, description="again")
    assert candidate.model_version.get_string_custom_property("manifest") == before
    assert len(tagged_events(bench)) == 1


def test_tag_text_follows_the_template(bench):
    candidate = bench.tag(bench.train(20, 20), tag_template="{model}-{version}")
    assert candidate.model_version.get_string_custom_property("tag") == f"{NAME}-1.0.0"


def test_model_that_is_no_saved_model_is_an_error_of_one_line(bench):
    candidate = bench.train(20, 20)
    (Path(candidate.model.uri) / "Format-Serving" / "saved_model.pb").unlink()
    with pytest.raises(HallmarkError) as caught:
        bench.tag(candidate)
    assert "\n" not in str(caught.value)
    assert "saved_model.pb" in str(caught.value)
