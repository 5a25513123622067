"""The penguin pipeline as a user runs it, and the model that it trains."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.config import load_config
from pipeline.local_runner import main
from tfx_hallmark.lineage.property_text import LONGEST
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.tfx

ROOT = Path(__file__).parents[2]
COMPONENTS = [
    "CsvExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform",
    "Trainer", "VersionTagger", "StableBaseline", "BaselineEvaluator", "RegistryPusher",
]  # fmt: skip


def arguments(folder: Path) -> list[str]:
    """Local settings, with everything the run writes under a folder."""
    paths = {
        "pipeline.root": "artifacts",
        "metadata.file": "metadata.sqlite",
        "registry.root": "registry",
    }
    settings = [f"--set={key}={folder / name}" for key, name in paths.items()]
    return [
        "--config",
        str(ROOT / "configs" / "local.yaml"),
        *settings,
        f"--set=data.folder={ROOT}/pipeline/data",
    ]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of the shipped settings in a process of its own: its folder and what it printed."""
    folder = tmp_path_factory.mktemp("penguin")
    command = [sys.executable, "-m", "pipeline.local_runner", *arguments(folder)]
    search = os.pathsep.join([str(ROOT / "components"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    return folder, done


@pytest.fixture(scope="module")
def artifacts(finished):
    """The artifacts of that run, by component and output."""
    folder, done = finished
    assert done.returncode == 0, done.stderr

    def find(component: str, output: str) -> Path:
        [found] = (folder / "artifacts" / component / output).iterdir()
        return found

    return find


@pytest.fixture(scope="module")
def servable(artifacts):
    """The trained model, as TF Serving would load it."""
    import tensorflow as tf

    return tf.saved_model.load(str(artifacts("Trainer", "model") / "Format-Serving"))


def test_a_run_shows_a_line_per_component_and_what_was_decided(finished):
    folder, done = finished
    assert (done.returncode, done.stderr) == (0, "")
    head, *lines, end = done.stdout.splitlines()
    log = folder / "artifacts" / "logs" / head.rpartition("/")[2]
    assert head == f"pipeline penguin; details in {log}"
    shown = [re.fullmatch(r"  (\S+) +\d+\.\d s", line) for line in lines]
    assert [match[1] for match in shown if match] == ["(imports)", *COMPONENTS]
    assert lines[-2].startswith("penguin@1.0.0 was published as release 1: ")
    assert lines[-1].endswith(f"hallmark why penguin@1.0.0 --root {folder / 'registry'}")
    assert re.fullmatch(r"done in \d+\.\d s", end)
    assert "Component Trainer is running." in log.read_text(errors="replace")


def test_the_first_model_leaves_room_for_a_better_one(finished):
    folder, _ = finished
    metrics = Registry.open(folder / "registry").model("penguin").version("stable").metrics
    assert set(metrics) == {"Overall", "island:Biscoe", "island:Dream", "island:Torgersen"}
    assert 0.85 < metrics["Overall"]["sparse_categorical_accuracy"] < 0.97
    assert metrics["Overall"]["example_count"] > 344 / 4


def serialized(**columns) -> bytes:
    import tensorflow as tf

    features = tf.train.Features()
    for name, value in columns.items():
        if isinstance(value, str):
            features.feature[name].bytes_list.value.append(value.encode())
        elif isinstance(value, int):
            features.feature[name].int64_list.value.append(value)
        else:
            features.feature[name].float_list.value.append(value)
    return tf.train.Example(features=features).SerializeToString()


ADELIE = {"bill_length_mm": 38.0, "bill_depth_mm": 18.5, "flipper_length_mm": 188, "body_mass_g": 3700}
GENTOO = {"bill_length_mm": 48.0, "bill_depth_mm": 15.0, "flipper_length_mm": 218, "body_mass_g": 5200}


def test_the_model_serves_raw_rows_with_or_without_missing_values(servable):
    import tensorflow as tf

    rows = [
        serialized(**ADELIE, island="Torgersen", sex="male"),
        serialized(**GENTOO, island="Biscoe", sex="female"),
        serialized(**GENTOO, island="Biscoe"),
        serialized(island="Torgersen"),
        serialized(**ADELIE, island="an island never seen", sex="male"),
    ]
    answer = servable.signatures["serving_default"](examples=tf.constant(rows))
    assert list(answer) == ["probabilities"]
    probabilities = answer["probabilities"].numpy()
    assert probabilities.shape == (5, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    # The species are numbered by frequency: Adelie, Gentoo, Chinstrap.
    assert probabilities.argmax(axis=1).tolist() == [0, 1, 1, 0, 0]


def test_the_model_turns_labels_into_indices_and_missing_values_into_neutral_ones(servable):
    import tensorflow as tf

    rows = [serialized(species=name, island="Dream") for name in ("Adelie", "Gentoo", "Chinstrap")]
    columns = servable.signatures["transform_features"](examples=tf.constant(rows))
    assert columns["species_xf"].numpy().ravel().tolist() == [0, 1, 2]
    assert columns["bill_length_mm_xf"].numpy().ravel().tolist() == [0, 0, 0]
    assert columns["sex_xf"].numpy().ravel().tolist() == [2, 2, 2]


@pytest.fixture
def train(artifacts, tmp_path, monkeypatch):
    """Trains on the rows of the run, in the order given, and returns the weights."""
    import tensorflow as tf
    from tfx.components.trainer.fn_args_utils import FnArgs

    monkeypatch.syspath_prepend(ROOT / "pipeline" / "modules")
    import penguin

    def weights(*, seed: int, backwards: bool) -> list[np.ndarray]:
        [file] = (artifacts("Transform", "transformed_examples") / "Split-train").iterdir()
        rows = list(tf.data.TFRecordDataset(str(file), compression_type="GZIP").as_numpy_iterator())
        name = f"{seed}-{backwards}"
        with tf.io.TFRecordWriter(str(tmp_path / f"{name}.gz"), "GZIP") as writer:
            for row in rows[::-1] if backwards else rows:
                writer.write(row)
        settings = {
            "learning_rate": 0.01,
            "hidden_units": [8],
            "dropout": 0.2,
            "batch_size": 32,
            "seed": seed,
        }
        penguin.run_fn(
            FnArgs(
                train_files=[str(tmp_path / f"{name}.gz")],
                eval_files=[str(tmp_path / f"{name}.gz")],
                model_run_dir=str(tmp_path / f"{name}-run"),
                transform_graph_path=str(artifacts("Transform", "transform_graph")),
                serving_model_dir=str(tmp_path / name),
                train_steps=10,
                custom_config=settings,
            )
        )
        checkpoint = tf.train.load_checkpoint(str(tmp_path / name / "variables" / "variables"))
        keys = sorted(key for key in checkpoint.get_variable_to_shape_map() if "VARIABLE_VALUE" in key)
        return [checkpoint.get_tensor(key) for key in keys]

    return weights


def test_training_depends_on_the_seed_and_not_on_the_order_of_rows(train):
    first, again, other = (
        train(seed=1, backwards=False), train(seed=1, backwards=True), train(seed=2, backwards=False)
    )  # fmt: skip
    assert len(first) == 4, "two layers with a kernel and a bias each, and nothing of the optimizer"
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert any((one != different).any() for one, different in zip(first, other, strict=True))


def test_a_component_that_fails_is_one_line_and_code_1(tmp_path, capfd):
    (tmp_path / "empty").mkdir()
    assert main([*arguments(tmp_path), f"--set=data.folder={tmp_path / 'empty'}"]) == 1
    out, err = capfd.readouterr()
    assert re.search(r"^  CsvExampleGen +\d+\.\d s  failed$", out, re.MULTILINE)
    assert re.fullmatch(r"error: CsvExampleGen failed: [^\n]+ \(details in [^\n]+\.log\)\n", err)
    [log] = (tmp_path / "artifacts" / "logs").iterdir()
    assert str(log) in err
    assert "Traceback" in log.read_text(errors="replace")


def test_an_error_of_ours_is_shown_as_it_is(tmp_path, capfd):
    (tmp_path / "artifacts").write_text("a file where the folder should be")
    assert main(arguments(tmp_path)) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"error: something that is no directory is in the way while creating the log file [^\n]+\n", err
    )


def test_settings_of_the_run_reach_the_pipeline(tmp_path):
    from pipeline.penguin_pipeline import create_pipeline

    chosen = [
        "trainer.learning_rate=0.5",
        "trainer.steps=7",
        "gate.slice_tolerance=null",
        "data.eval_buckets=5",
    ]
    overrides = [argument.removeprefix("--set=") for argument in arguments(tmp_path)[2:]]
    config = load_config(ROOT / "configs" / "local.yaml", [*overrides, *chosen])
    components = {component.id: component for component in create_pipeline(config).components}
    assert list(components) == COMPONENTS
    trainer = components["Trainer"].exec_properties
    assert '"learning_rate": 0.5' in trainer["custom_config"]
    assert '"num_steps": 7' in trainer["train_args"]
    assert '"hash_buckets": 5' in components["CsvExampleGen"].exec_properties["output_config"]


def test_on_postgresql_every_parameter_is_short_enough_and_the_code_is_kept(tmp_path, monkeypatch):
    from pipeline.penguin_pipeline import MODULE_FILE, create_pipeline
    from tfx_hallmark.tagger.training_code import code_in

    monkeypatch.setenv("HALLMARK_METADATA_USER", "somebody")
    monkeypatch.setenv("HALLMARK_METADATA_PASSWORD", "secret")
    settings = yaml.safe_load((ROOT / "configs" / "local.yaml").read_text())
    settings["metadata"] = {
        "backend": "postgresql", "host": "127.0.0.1", "port": 5432, "database": "mlmd",
        "user": "${HALLMARK_METADATA_USER}", "password": "${HALLMARK_METADATA_PASSWORD}",
    }  # fmt: skip
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    overrides = [argument.removeprefix("--set=") for argument in arguments(tmp_path)[2:]]
    config = load_config(tmp_path / "settings.yaml", [one for one in overrides if "metadata" not in one])
    components = {component.id: component for component in create_pipeline(config).components}
    texts = {
        (name, key): value
        for name, component in components.items()
        for key, value in component.exec_properties.items()
        if isinstance(value, str)
    }
    assert ("VersionTagger", "code") in texts
    assert [key for key, text in texts.items() if len(text.encode()) > LONGEST or "\\" in text] == []
    code = code_in(components["VersionTagger"].exec_properties)
    assert code.sources["penguin.py"] == Path(MODULE_FILE).read_text()
