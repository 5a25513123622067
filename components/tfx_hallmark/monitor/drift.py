"""How far new data lies from the training data, by TensorFlow Data Validation."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.monitoring.report import DriftDistance
from tfx_hallmark.registry.monitoring.rules import Comparator

_COMPARED = "COMPARATOR_"  # what the types of anomalies begin with that distances make
_LONGEST = 300  # characters of an anomaly's description


class Drift(msgspec.Struct, frozen=True):
    """How data differs from other data.

    Attributes:
        distances: By feature; without those that are only in one of them, or have no values.
        anomalies: What the schema does not allow, by feature.
    """

    distances: tuple[DriftDistance, ...]
    anomalies: Mapping[str, str]


def drift(new: Any, training: Any, schema_text: str | None) -> Drift:
    """Compare statistics, and hold the new ones against the schema of the training data.

    Args:
        new: Statistics of the new data, a list with one dataset.
        training: Those of the training data.
        schema_text: The schema in protobuf's text format; None to infer one from the training data.
    """
    # TFX 1.21 puts stand-ins in place that TFDV's imports need, so it comes first.
    import tfx  # noqa: F401, I001
    import tensorflow_data_validation as tfdv
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

    schema = schema_pb2.Schema()
    if schema_text is None:
        schema = tfdv.infer_schema(training)
    else:
        text_format.Parse(schema_text, schema)
    for feature in schema.feature:
        _ask_for_distance(feature)
    found = tfdv.validate_statistics(new, schema, previous_statistics=training)
    anomalies = {}
    kinds = anomalies_pb2.AnomalyInfo.Type
    for name, info in sorted(found.anomaly_info.items()):
        told = [one for one in info.reason if not kinds.Name(one.type).startswith(_COMPARED)]
        if told:
            text = "; ".join(dict.fromkeys(one.description or one.short_description for one in told))
            anomalies[name] = " ".join(text.split())[:_LONGEST].rstrip(" .")
    return Drift(tuple(_distances(found.drift_skew_info)), anomalies)


def _ask_for_distance(feature: Any) -> None:
    """Have TFDV compute a feature's distance: without a threshold it computes none. Ours are in the rules."""
    from tensorflow_metadata.proto.v0 import schema_pb2

    feature.ClearField("drift_comparator")
    feature.ClearField("skew_comparator")
    categorical = feature.type == schema_pb2.BYTES or feature.int_domain.is_categorical
    comparator = feature.drift_comparator
    chosen = comparator.infinity_norm if categorical else comparator.jensen_shannon_divergence
    chosen.threshold = 0.0


def _distances(measured: Any) -> list[DriftDistance]:
    names: dict[str, Comparator] = {
        "L_INFTY": "l_infinity",
        "JENSEN_SHANNON_DIVERGENCE": "jensen_shannon",
    }
    found = []
    for info in measured:
        for one in info.drift_measurements:
            kind = type(one).Type.Name(one.type)
            # A feature without values has no distance (NaN).
            if kind in names and one.value == one.value:
                feature = ".".join(info.path.step)
                found.append(DriftDistance(feature=feature, comparator=names[kind], distance=one.value))
    return found
