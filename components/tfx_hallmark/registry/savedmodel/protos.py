"""TensorFlow's SavedModel messages, built at run time, so that reading a model needs no TensorFlow.

Only the fields that hallmark reads are described; the numbers and types are those of TensorFlow's public
`tensorflow/core/protobuf/{saved_model,meta_graph,saver,tensor_bundle,fingerprint}.proto` and
`tensorflow/core/framework/{graph,node_def,attr_value,function,op_def,tensor,tensor_shape,types}.proto`.
The messages live in a package and descriptor pool of their own: TensorFlow may be loaded in the same process.
protobuf itself is imported on first use.
"""

import functools
import warnings
from typing import Any

_PACKAGE = "tfx_hallmark.savedmodel"

# (number, name, type[, oneof]). A type is a scalar, a message of this table, "DataType",
# "repeated <type>" or "map <type>", whose key is always a string. Members of a oneof stand together.
_MESSAGES: dict[str, tuple[tuple[int, str, str] | tuple[int, str, str, str], ...]] = {
    "SavedModel": ((1, "saved_model_schema_version", "int64"), (2, "meta_graphs", "repeated MetaGraphDef")),
    "MetaGraphDef": (
        (1, "meta_info_def", "MetaInfoDef"),
        (2, "graph_def", "GraphDef"),
        (3, "saver_def", "SaverDef"),
        (5, "signature_def", "map SignatureDef"),
        (6, "asset_file_def", "repeated AssetFileDef"),
    ),
    "MetaInfoDef": ((4, "tags", "repeated string"), (5, "tensorflow_version", "string")),
    "SaverDef": ((3, "restore_op_name", "string"),),
    "AssetFileDef": ((2, "filename", "string"),),
    "SignatureDef": (
        (1, "inputs", "map TensorInfo"),
        (2, "outputs", "map TensorInfo"),
        (3, "method_name", "string"),
        (4, "defaults", "map TensorProto"),
    ),
    "TensorInfo": (
        (1, "name", "string", "encoding"),
        (4, "coo_sparse", "CooSparse", "encoding"),
        (5, "composite_tensor", "CompositeTensor", "encoding"),
        (2, "dtype", "DataType"),
        (3, "tensor_shape", "TensorShapeProto"),
    ),
    "CooSparse": (
        (1, "values_tensor_name", "string"),
        (2, "indices_tensor_name", "string"),
        (3, "dense_shape_tensor_name", "string"),
    ),
    "CompositeTensor": ((2, "components", "repeated TensorInfo"),),
    "TensorShapeProto": ((2, "dim", "repeated Dim"), (3, "unknown_rank", "bool")),
    "Dim": ((1, "size", "int64"),),
    "GraphDef": ((1, "node", "repeated NodeDef"), (2, "library", "FunctionDefLibrary")),
    "NodeDef": (
        (1, "name", "string"),
        (2, "op", "string"),
        (3, "input", "repeated string"),
        (5, "attr", "map AttrValue"),
    ),
    "AttrValue": (
        (1, "list", "ListValue", "value"),
        (2, "s", "bytes", "value"),
        (3, "i", "int64", "value"),
        (4, "f", "float", "value"),
        (5, "b", "bool", "value"),
        (6, "type", "DataType", "value"),
        (7, "shape", "TensorShapeProto", "value"),
        (8, "tensor", "TensorProto", "value"),
        (9, "placeholder", "string", "value"),
        (10, "func", "NameAttrList", "value"),
    ),
    "ListValue": (
        (2, "s", "repeated bytes"),
        (3, "i", "repeated int64"),
        (4, "f", "repeated float"),
        (5, "b", "repeated bool"),
        (6, "type", "repeated DataType"),
        (7, "shape", "repeated TensorShapeProto"),
        (8, "tensor", "repeated TensorProto"),
        (9, "func", "repeated NameAttrList"),
    ),
    "NameAttrList": ((1, "name", "string"), (2, "attr", "map AttrValue")),
    "FunctionDefLibrary": ((1, "function", "repeated FunctionDef"),),
    "FunctionDef": (
        (1, "signature", "OpDef"),
        (3, "node_def", "repeated NodeDef"),
        (4, "ret", "map string"),
        (6, "control_ret", "map string"),
    ),
    "OpDef": (
        (1, "name", "string"),
        (2, "input_arg", "repeated ArgDef"),
        (3, "output_arg", "repeated ArgDef"),
    ),
    "ArgDef": (
        (1, "name", "string"),
        (3, "type", "DataType"),
        (4, "type_attr", "string"),
        (5, "number_attr", "string"),
        (6, "type_list_attr", "string"),
    ),
    "TensorProto": (
        (1, "dtype", "DataType"),
        (2, "tensor_shape", "TensorShapeProto"),
        (4, "tensor_content", "bytes"),
        (7, "int_val", "repeated int32"),
        (8, "string_val", "repeated bytes"),
    ),
    "BundleHeaderProto": ((1, "num_shards", "int32"), (2, "endianness", "int32")),
    "BundleEntryProto": (
        (1, "dtype", "DataType"),
        (2, "shape", "TensorShapeProto"),
        (3, "shard_id", "int32"),
        (4, "offset", "int64"),
        (5, "size", "int64"),
        (6, "crc32c", "fixed32"),
        (7, "slices", "repeated TensorSliceProto"),
    ),
    "TensorSliceProto": (),
    "FingerprintDef": (
        (1, "saved_model_checksum", "uint64"),
        (2, "graph_def_program_hash", "uint64"),
        (3, "signature_def_hash", "uint64"),
        (4, "saved_object_graph_hash", "uint64"),
        (5, "checkpoint_hash", "uint64"),
    ),
}

# The name in tf.DType.name, then the one in types.proto without "DT_"; the place is the number.
_DTYPES = (
    ("invalid", "INVALID"), ("float32", "FLOAT"), ("float64", "DOUBLE"), ("int32", "INT32"),
    ("uint8", "UINT8"), ("int16", "INT16"), ("int8", "INT8"), ("string", "STRING"),
    ("complex64", "COMPLEX64"), ("int64", "INT64"), ("bool", "BOOL"), ("qint8", "QINT8"),
    ("quint8", "QUINT8"), ("qint32", "QINT32"), ("bfloat16", "BFLOAT16"), ("qint16", "QINT16"),
    ("quint16", "QUINT16"), ("uint16", "UINT16"), ("complex128", "COMPLEX128"), ("float16", "HALF"),
    ("resource", "RESOURCE"), ("variant", "VARIANT"), ("uint32", "UINT32"), ("uint64", "UINT64"),
    ("float8_e5m2", "FLOAT8_E5M2"), ("float8_e4m3fn", "FLOAT8_E4M3FN"),
    ("float8_e4m3fnuz", "FLOAT8_E4M3FNUZ"), ("float8_e4m3b11fnuz", "FLOAT8_E4M3B11FNUZ"),
    ("float8_e5m2fnuz", "FLOAT8_E5M2FNUZ"), ("int4", "INT4"), ("uint4", "UINT4"), ("int2", "INT2"),
    ("uint2", "UINT2"), ("float4_e2m1fn", "FLOAT4_E2M1FN"),
)  # fmt: skip
_REFERENCE_OFFSET = 100  # DT_FLOAT_REF is 101: the same type, held by a TensorFlow 1 variable

DT_INT32 = 3
DT_STRING = 7


def dtype_name(number: int) -> str:
    """Gives the name that `tf.DType.name` uses, e.g. `float32`, for a `DataType` number of types.proto.

    A number that is newer than this table reads `dtype_<number>`: still comparable, only less pretty.
    """
    if 0 <= number < len(_DTYPES):
        return _DTYPES[number][0]
    if 0 < number - _REFERENCE_OFFSET < len(_DTYPES):
        return _DTYPES[number - _REFERENCE_OFFSET][0] + "_ref"
    return f"dtype_{number}"


class DamagedMessageError(Exception):
    """Bytes that do not decode; never seen by users, who are told which file is damaged."""


def new(name: str) -> Any:
    """Gives an empty message.

    Args:
        name: The message's name in TensorFlow's protos, e.g. `SavedModel`.

    Raises:
        KeyError: The message is not one of those described here.
    """
    return _classes()[name]()


def decode(name: str, data: bytes) -> Any:
    """Decodes a message.

    Args:
        name: The message's name in TensorFlow's protos, e.g. `SavedModel`.
        data: The whole message.

    Raises:
        DamagedMessageError: The bytes are not such a message.
    """
    from google.protobuf.message import DecodeError

    message = new(name)
    with warnings.catch_warnings(record=True) as stray:
        # At an end-of-group tag that closes nothing, protobuf before 4 stops with a warning; later ones raise.
        warnings.simplefilter("always", RuntimeWarning)
        try:
            message.ParseFromString(data)
        except DecodeError as error:
            raise DamagedMessageError(str(error)) from error
    if stray:
        raise DamagedMessageError(str(stray[0].message))
    return message


@functools.cache
def _classes() -> dict[str, Any]:
    """Message classes by name; `message_factory` has two faces before and since protobuf 4.22."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="tfx_hallmark/savedmodel.proto", package=_PACKAGE, syntax="proto3"
    )
    datatype = file.enum_type.add(name="DataType")
    for number, (_, name) in enumerate(_DTYPES):
        datatype.value.add(name=f"DT_{name}", number=number)
    for number, (_, name) in enumerate(_DTYPES[1:], start=_REFERENCE_OFFSET + 1):
        datatype.value.add(name=f"DT_{name}_REF", number=number)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, *field)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    get_class = getattr(message_factory, "GetMessageClass", None)
    if get_class is None:
        get_class = getattr(message_factory.MessageFactory(pool), "GetPrototype")  # noqa: B009
    return {name: get_class(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES}


def _add_field(message: Any, number: int, name: str, kind: str, oneof: str = "") -> None:
    label, _, type_name = kind.rpartition(" ")
    field = message.field.add(name=name, number=number, label=3 if label else 1)
    if label == "map":
        entry_name = "".join(word.capitalize() for word in name.split("_")) + "Entry"
        entry = message.nested_type.add(name=entry_name)
        entry.options.map_entry = True
        _set_type(entry.field.add(name="key", number=1, label=1), "string")
        _set_type(entry.field.add(name="value", number=2, label=1), type_name)
        type_name = f"{message.name}.{entry_name}"
    _set_type(field, type_name)
    if oneof:
        if oneof not in [declared.name for declared in message.oneof_decl]:
            message.oneof_decl.add(name=oneof)
        field.oneof_index = 0


def _set_type(field: Any, type_name: str) -> None:
    scalar = f"TYPE_{type_name.upper()}"
    known = field.DESCRIPTOR.enum_types_by_name["Type"].values_by_name
    if scalar in known:
        field.type = known[scalar].number
    else:
        field.type = known["TYPE_ENUM" if type_name == "DataType" else "TYPE_MESSAGE"].number
        field.type_name = f".{_PACKAGE}.{type_name}"
