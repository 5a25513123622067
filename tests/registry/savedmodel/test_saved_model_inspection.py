"""What inspection tells about the fixtures, and that it does so without TensorFlow."""

import subprocess
import sys

import msgspec
import pytest

from tests.registry.savedmodel.bundles import entry, header, table, written
from tests.saved_models import NAMES, change_weights, copy_saved_model, pad_with_asset
from tfx_hallmark.registry.savedmodel import SavedModelInfo, Signature, TensorSpec, inspect_saved_model

PREDICT = "tensorflow/serving/predict"
WEIGHT = ".ATTRIBUTES/VARIABLE_VALUE"


@pytest.fixture
def model(tmp_path):
    return lambda name: copy_saved_model(name, tmp_path / name)


def test_a_dense_model(model):
    info = inspect_saved_model(model("linear"))
    assert info.signatures == {
        "serving_default": Signature(
            inputs={"x": TensorSpec("float32", (None, 3))},
            outputs={"y": TensorSpec("float32", (None, 1))},
            method_name=PREDICT,
        )
    }
    assert info.variables == {
        f"b/{WEIGHT}": TensorSpec("float32", (1,)),
        f"w/{WEIGHT}": TensorSpec("float32", (3, 1)),
    }
    assert info.tags == ("serve",)
    assert info.tensorflow_version.startswith("2.")
    assert len(info.structure) == 64
    assert int(info.structure, 16)


def test_an_input_with_a_default_is_optional(model):
    signatures = inspect_saved_model(model("two_signatures")).signatures
    assert list(signatures) == ["raw", "serving_default"]
    assert signatures["raw"].inputs == {
        "temperature": TensorSpec("float32", ()),
        "x": TensorSpec("float32", (None, 2)),
    }
    assert signatures["raw"].optional_inputs == ("temperature",)
    assert signatures["serving_default"].inputs == {"examples": TensorSpec("string", (None,))}
    assert signatures["serving_default"].optional_inputs == ()


@pytest.mark.parametrize("name", ["doubler", "vocabulary"])
def test_bookkeeping_in_the_checkpoint_is_no_weight(model, name):
    assert inspect_saved_model(model(name)).variables == {}


def test_what_training_keeps_is_no_weight(model):
    path = model("linear")
    stored = [
        "_CHECKPOINTABLE_OBJECT_GRAPH",
        f"b/.OPTIMIZER_SLOT/_optimizer/m/{WEIGHT}",
        f"b/{WEIGHT}",
        f"optimizer/_variables/1/{WEIGHT}",
        f"save_counter/{WEIGHT}",
        f"w/{WEIGHT}",
    ]
    written(path, table([[header(num_shards=1), *(entry(key.encode()) for key in stored)]]))
    assert list(inspect_saved_model(path).variables) == [f"b/{WEIGHT}", f"w/{WEIGHT}"]


def test_keras_weights_are_listed_once(model):
    variables = inspect_saved_model(model("keras")).variables
    assert [spec.shape for spec in variables.values()] == [(2, 4), (4,), (4, 3), (3,)]


def test_tensorflows_fingerprint_is_kept_and_may_be_absent(model):
    path = model("linear")
    fingerprint = inspect_saved_model(path).fingerprint
    assert all(int(value) > 0 for value in msgspec.structs.astuple(fingerprint))
    (path / "fingerprint.pb").unlink()
    assert inspect_saved_model(path).fingerprint is None


@pytest.mark.parametrize("name", NAMES)
def test_json_and_back(model, name):
    info = inspect_saved_model(model(name))
    assert msgspec.json.decode(msgspec.json.encode(info), type=SavedModelInfo) == info


def test_fixtures_differ_in_structure(model):
    assert len({inspect_saved_model(model(name)).structure for name in NAMES}) == len(NAMES)


def test_other_weights_and_assets_are_the_same_structure(tmp_path):
    plain = inspect_saved_model(copy_saved_model("linear", tmp_path / "plain"))
    other = pad_with_asset(change_weights(copy_saved_model("linear", tmp_path / "other"), 5), 100_000)
    info = inspect_saved_model(other)
    assert info.structure == plain.structure
    assert info.variables == plain.variables
    assert sum(file.stat().st_size for file in other.rglob("*") if file.is_file()) == 100_000


def test_changed_weights_are_all_different(tmp_path):
    contents = set()
    for number in range(64):
        path = change_weights(copy_saved_model("linear", tmp_path / str(number)), number)
        inspect_saved_model(path)
        contents.add((path / "variables" / "variables.data-00000-of-00001").read_bytes())
    assert len(contents) == 64


def test_a_link_to_the_directory_is_followed(model, tmp_path):
    target = model("linear")
    link = tmp_path / "link"
    link.symlink_to(target)
    assert inspect_saved_model(link) == inspect_saved_model(target)


def test_neither_tensorflow_nor_before_use_protobuf_is_imported(model):
    script = (
        "import sys; from pathlib import Path\n"
        "from tfx_hallmark.registry.savedmodel import inspect_saved_model\n"
        "assert 'google.protobuf' not in sys.modules, 'protobuf on import'\n"
        "inspect_saved_model(Path(sys.argv[1]))\n"
        "heavy = {'tensorflow', 'tfx', 'keras', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    command = [sys.executable, "-c", script, str(model("keras"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
