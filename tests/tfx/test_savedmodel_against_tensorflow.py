"""What hallmark reads from a SavedModel without TensorFlow, against models that TensorFlow writes and its own view.

Run as a script, this file is one exporting process: `python <this file> <recipe> <seed> <destination>`.
"""

import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import tensorflow as tf

FEATURES = ("bill_depth_mm", "bill_length_mm", "flipper_length_mm")
EXAMPLES = tf.TensorSpec([None], tf.string, name="examples")


# What the exporting processes run


def build_model(features=FEATURES, units=(8,), activation="relu", dropout=0.0, reshaped=None):
    """Builds and fits a small classifier over named features."""
    inputs = {name: keras.Input((1,), name=name) for name in features}
    hidden = keras.layers.Concatenate()(list(inputs.values()))
    for width in units:
        hidden = keras.layers.Dense(width, activation=activation)(hidden)
        if dropout:
            hidden = keras.layers.Dropout(dropout)(hidden)
    if reshaped:
        hidden = keras.layers.Permute((2, 1))(keras.layers.Reshape(reshaped)(hidden))
        hidden = keras.layers.Flatten()(hidden)
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(hidden))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    columns = {name: np.random.normal(size=(32, 1)).astype("float32") for name in features}
    model.fit(columns, np.random.randint(0, 3, (32,)), verbose=0)
    return model


VARIANTS = {
    "base": {},
    "again": {},
    "wider": {"units": (9,)},
    "deeper": {"units": (8, 8)},
    "tanh": {"activation": "tanh"},
    "dropout": {"dropout": 0.2},
    "more dropout": {"dropout": 0.5},
    "another feature": {"features": (*FEATURES, "body_mass_g")},
    "renamed feature": {"features": (*FEATURES[:2], "wing_length_mm")},
    "reshaped": {"reshaped": (2, 4)},
    "otherwise reshaped": {"reshaped": (4, 2)},
}
SAME_PROGRAM = ("base", "again", "dropout", "more dropout")  # dropout does nothing when serving


def export_keras(seed, destination):
    """Writes every variant in two ways; an odd seed goes through them backwards, so layers get other names."""
    keras.utils.set_random_seed(seed)
    for name in list(VARIANTS)[:: -1 if seed % 2 else 1]:
        model = build_model(**VARIANTS[name])
        model.export(str(destination / f"export {name}"), verbose=False)
        tf.saved_model.save(
            model, str(destination / f"examples {name}"), signatures={"serving_default": scoring(model)}
        )


def scoring(model):
    """Gives a function that parses tf.Examples and asks the model."""
    spec = {feature.name: tf.io.FixedLenFeature([1], tf.float32) for feature in model.inputs}

    @tf.function(input_signature=[EXAMPLES])
    def serve(examples):
        return {"probabilities": model(tf.io.parse_example(examples, spec))}

    return serve


def export_transform(seed, destination):
    """Writes models that transform their input with what Transform found in data that the seed decides."""
    import tensorflow_transform as tft

    for name in ("base", "other preprocessing"):
        transform = tft.TFTransformOutput(
            analyse(seed, destination.parent / f"{seed} {name}", logarithm=name != "base")
        )
        transform_layer = transform.transform_features_layer()
        inputs = {column: keras.Input((1,), name=column) for column in ("length_xf", "mass_xf")}
        model = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Concatenate()(list(inputs.values()))))

        serve, transform_features = transforming(transform_layer, model)
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.track(transform_layer)
        archive.add_endpoint("serving_default", serve, [EXAMPLES])
        archive.add_endpoint("transform_features", transform_features, [EXAMPLES])
        archive.write_out(str(destination / name), verbose=False)


def transforming(layer, model):
    """Gives the two functions that such a model serves."""

    def serve(examples):
        columns = layer(tf.io.parse_example(examples, RAW_SPEC))
        return {"logits": model({column: columns[column] for column in model.input})}

    def transform_features(examples):
        return layer(tf.io.parse_example(examples, RAW_SPEC))

    return serve, transform_features


RAW_SPEC = {
    "island": tf.io.FixedLenFeature([1], tf.string),
    "length": tf.io.FixedLenFeature([1], tf.float32),
    "mass": tf.io.FixedLenFeature([1], tf.float32),
}


def analyse(seed, folder, *, logarithm):
    """Runs Transform's analysis over rows that the seed decides; gives the transform output, inside `folder`."""
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    def preprocess(inputs):
        length = tft.scale_to_z_score(inputs["length"])
        return {
            "length_xf": tf.math.log1p(tf.abs(length)) if logarithm else length,
            "mass_xf": tft.scale_to_0_1(inputs["mass"]),
            "mass_bucket": tft.bucketize(inputs["mass"], 4),
            "island_xf": tft.compute_and_apply_vocabulary(
                inputs["island"], num_oov_buckets=1, vocab_filename="island"
            ),
        }

    generator = np.random.default_rng(seed)
    islands = [f"island {seed} {number}" for number in range(3)]
    rows = [
        {
            "island": np.array([islands[number % 3]]),
            "length": generator.normal(10 * seed, 1, 1).astype("float32"),
            "mass": generator.normal(50, seed, 1).astype("float32"),
        }
        for number in range(60)
    ]
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(RAW_SPEC))
    output = str(folder / "transform")
    with tft_beam.Context(temp_dir=str(folder / "scratch")):
        (rows, metadata) | tft_beam.AnalyzeDataset(preprocess) | tft_beam.WriteTransformFn(output)
    return output


def export_tensorflow_1(seed, destination):
    """Writes graphs of sessions: loops of TensorFlow 1, a variable in slices."""
    compat = tf.compat.v1
    compat.disable_control_flow_v2()
    for name, body, slices in (
        ("loop", tf.nn.relu, 1),
        ("other loop", tf.nn.tanh, 1),
        ("slices", tf.nn.relu, 4),
    ):
        with tf.Graph().as_default(), compat.Session() as session:
            with tf.name_scope(f"scope_{seed}"):
                x = compat.placeholder(tf.float32, [None, 2], name="x")
                weights = compat.get_variable(
                    "w", [8, 2], partitioner=tf.compat.v1.fixed_size_partitioner(slices)
                )
                total = tf.reduce_sum(tf.convert_to_tensor(weights), 0)
                _, y = tf.while_loop(
                    lambda i, _: i < 3, lambda i, a, body=body, t=total: (i + 1, body(a * t)), [0, x]
                )
            session.run(compat.global_variables_initializer())
            compat.saved_model.simple_save(session, str(destination / name), {"x": x}, {"y": y})


RECIPES = {"keras": export_keras, "transform": export_transform, "tensorflow_1": export_tensorflow_1}

if __name__ == "__main__":
    RECIPES[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
    sys.exit()


# The tests

from google.protobuf import text_format  # noqa: E402

from tests.saved_models import NAMES, change_weights, copy_saved_model  # noqa: E402
from tfx_hallmark.registry.savedmodel import TensorSpec, inspect_saved_model, protos  # noqa: E402


def exports(recipe, folder):
    """Runs a recipe in two processes with other seeds; gives what inspection says of each model, by name."""
    processes = []
    for seed in (1, 2):
        (folder / str(seed)).mkdir()
        command = [sys.executable, __file__, recipe, str(seed), str(folder / str(seed))]
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        processes.append(
            subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
        )
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors[-3000:]
    return [
        {model.name: inspect_saved_model(model) for model in sorted((folder / str(seed)).iterdir())}
        for seed in (1, 2)
    ]


@pytest.fixture(scope="module")
def keras_exports(tmp_path_factory):
    return exports("keras", tmp_path_factory.mktemp("keras"))


@pytest.mark.parametrize("way", ["export", "examples"])
def test_the_structure_of_keras_models(keras_exports, way):
    first, second = keras_exports
    for name in first:
        assert first[name].structure == second[name].structure, name
        assert first[name].signatures == second[name].signatures
        assert first[name].variables == second[name].variables
    structures = {name: first[f"{way} {name}"].structure for name in VARIANTS}
    assert len({structures[name] for name in SAME_PROGRAM}) == 1
    others = [structures[name] for name in VARIANTS if name not in SAME_PROGRAM]
    assert len({structures["base"], *others}) == len(others) + 1


def test_preprocessing_counts_and_what_it_found_in_the_data_does_not(tmp_path):
    first, second = exports("transform", tmp_path)
    assert list(first["base"].signatures) == ["serving_default", "transform_features"]
    for name in first:
        assert first[name].structure == second[name].structure, name
    assert first["base"].structure != first["other preprocessing"].structure
    contents = [
        {file.read_bytes() for file in (tmp_path / seed / "base" / "assets").iterdir()} for seed in "12"
    ]
    assert contents[0] != contents[1]  # the data did differ


def test_graphs_of_tensorflow_1(tmp_path):
    first, second = exports("tensorflow_1", tmp_path)
    for name in first:
        assert first[name].structure == second[name].structure, name
        assert first[name].variables == {"w": TensorSpec("float32", (8, 2))}
    assert len({info.structure for info in first.values()}) == 3


def test_every_described_field_is_tensorflows():
    """Name, number, type and repetition of each field, from TensorFlow's own descriptors."""
    from tensorflow.core.protobuf import fingerprint_pb2, saved_model_pb2, tensor_bundle_pb2

    roots = [
        saved_model_pb2.SavedModel,
        tensor_bundle_pb2.BundleHeaderProto,
        tensor_bundle_pb2.BundleEntryProto,
        fingerprint_pb2.FingerprintDef,
    ]
    pairs = [(protos.new(root.DESCRIPTOR.name).DESCRIPTOR, root.DESCRIPTOR) for root in roots]
    seen = set()
    while pairs:
        ours, theirs = pairs.pop()
        if ours.full_name in seen:
            continue
        seen.add(ours.full_name)
        for field in ours.fields:
            original = theirs.fields_by_number[field.number]
            assert (field.name, field.label) == (original.name, original.label)
            oneofs = [f.containing_oneof.name if f.containing_oneof else "" for f in (field, original)]
            assert oneofs[0] == oneofs[1]
            if field.message_type:
                pairs.append((field.message_type, original.message_type))
            elif (ours.name, field.name) != (
                "BundleHeaderProto",
                "endianness",
            ):  # an enum, read as its number
                assert field.type == original.type, field.full_name
    assert len(seen) > 30


def test_dtypes_have_tensorflows_names():
    from tensorflow.core.framework import types_pb2

    for label, number in types_pb2.DataType.items()[1:]:
        assert protos.dtype_name(number) == tf.dtypes.as_dtype(number).name, label
        assert (
            type(protos.new("TensorProto"))
            .DESCRIPTOR.fields_by_name["dtype"]
            .enum_type.values_by_number[number]
            .name
            == label
        )


@pytest.mark.parametrize("name", NAMES)
def test_tensorflows_own_view_of_the_fixtures(tmp_path, name):
    path = copy_saved_model(name, tmp_path / name)
    info, loaded = inspect_saved_model(path), tf.saved_model.load(str(path))
    for signature_name, signature in loaded.signatures.items():
        ours = info.signatures[signature_name]
        _, inputs = signature.structured_input_signature
        for described, theirs in ((ours.inputs, inputs), (ours.outputs, signature.structured_outputs)):
            assert described == {
                key: TensorSpec(spec.dtype.name, tuple(spec.shape.as_list())) for key, spec in theirs.items()
            }
    stored = dict(tf.train.list_variables(str(path / "variables" / "variables")))
    assert {key: spec.shape for key, spec in info.variables.items()}.items() <= {
        key: tuple(shape) for key, shape in stored.items()
    }.items()
    fingerprint = tf.saved_model.experimental.read_fingerprint(str(path))
    for field in info.fingerprint.__struct_fields__:
        assert getattr(info.fingerprint, field) == str(getattr(fingerprint, field))


def test_tensorflow_loads_fixtures_with_changed_weights(tmp_path):
    for number in (3, 40):
        path = change_weights(copy_saved_model("linear", tmp_path / str(number)), number)
        loaded = tf.saved_model.load(str(path))
        assert loaded.b.numpy().tolist() == [number]
        outcome = loaded.signatures["serving_default"](x=tf.constant([[0.0, 0.0, 0.0]]))
        assert outcome["y"].numpy().tolist() == [[number]]
    for name in ("keras", "two_signatures"):
        tf.saved_model.load(str(change_weights(copy_saved_model(name, tmp_path / name), 5)))


class Unusual(tf.Module):
    """Ragged and sparse tensors, any rank, a loop of TensorFlow 2, types that are rare."""

    def __init__(self):
        super().__init__()
        self.v = tf.Variable([1.0, 2.0])
        self.half = tf.Variable(tf.zeros([2, 3], tf.bfloat16))

    @tf.function(
        input_signature=[
            tf.RaggedTensorSpec([None, None], tf.float32),
            tf.SparseTensorSpec([None, 4], tf.float32),
        ]
    )
    def ragged(self, a, b):
        return {"total": tf.reduce_sum(a) + tf.sparse.reduce_sum(b) + self.v[0], "doubled": a * 2.0}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float64)])
    def loop(self, a):
        return tf.while_loop(lambda i, _: i < 3, lambda i, x: (i + 1, x * 2.0), [0, a])[1]


@pytest.fixture(scope="module")
def unusual(tmp_path_factory):
    path = tmp_path_factory.mktemp("unusual") / "model"
    model = Unusual()
    tf.saved_model.save(model, str(path), signatures={"ragged": model.ragged, "loop": model.loop})
    return path


def test_unusual_tensors(unusual):
    info = inspect_saved_model(unusual)
    assert info.signatures["loop"].inputs == {"a": TensorSpec("float64", None)}
    assert info.signatures["ragged"].outputs["doubled"] == TensorSpec("float32", None, "composite")
    assert info.signatures["ragged"].inputs["b"] == TensorSpec(
        "int64", (None, 2)
    )  # a sparse tensor's indices
    assert sorted(spec.dtype for spec in info.variables.values()) == ["bfloat16", "float32"]


def test_the_text_form_that_tensorflow_writes(unusual, tmp_path):
    from tensorflow.core.protobuf import saved_model_pb2

    whole = inspect_saved_model(unusual)
    message = saved_model_pb2.SavedModel.FromString((unusual / "saved_model.pb").read_bytes())
    for file in unusual.rglob("*"):
        if file.is_file() and file.name != "saved_model.pb":
            target = tmp_path / file.relative_to(unusual)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    (tmp_path / "saved_model.pbtxt").write_text(text_format.MessageToString(message))
    assert inspect_saved_model(tmp_path) == whole
    tf.saved_model.load(str(tmp_path))


def test_training_state_in_a_checkpoint_is_no_weight(tmp_path):
    """A model that is saved with its optimizer."""
    model = build_model()
    weights = {tuple(weight.shape) for weight in model.weights}
    spec = {name: tf.TensorSpec([None, 1], tf.float32, name=name) for name in FEATURES}

    @tf.function(input_signature=[spec])
    def serve(columns):
        return {"probabilities": model(columns)}

    tf.saved_model.save(model, str(tmp_path / "model"), signatures={"serving_default": serve})
    stored = tf.train.list_variables(str(tmp_path / "model" / "variables" / "variables"))
    variables = inspect_saved_model(tmp_path / "model").variables
    assert len(variables) == len(model.weights) < len(stored) - 1
    assert {spec.shape for spec in variables.values()} == weights
