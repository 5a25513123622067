"""What a schema says, whatever order it says it in.

SchemaGen follows the order of the statistics, and that is another one with Beam's worker processes: the
same rows would make another schema file.
"""

from pathlib import Path

import msgspec
from blake3 import blake3
from google.protobuf import text_format
from google.protobuf.message import Message

from tfx_hallmark.registry.tree import digest_tree

_FILE = "schema.pbtxt"  # tfx/components/schema_gen/executor.py, DEFAULT_FILE_NAME


class SchemaContent(msgspec.Struct, frozen=True):
    """A schema.

    Attributes:
        digest: `b3:` and 64 hex digits, whatever order it lists features in; None if there is no such folder; for
            one without a schema that can be read, the digest of its files.
        text: The schema in protobuf's text form, features in the order of names; None if it cannot be read.
    """

    digest: str | None
    text: str | None


def read_schema(folder: Path) -> SchemaContent:
    """Read a schema.

    Args:
        folder: A Schema artifact's.
    """
    from tensorflow_metadata.proto.v0 import schema_pb2

    if not folder.is_dir():
        return SchemaContent(None, None)
    try:
        schema = text_format.Parse((folder / _FILE).read_text(encoding="utf-8"), schema_pb2.Schema())
    except (OSError, UnicodeDecodeError, text_format.ParseError):
        return SchemaContent(digest_tree(folder).digest, None)
    _sort(schema)
    digest = blake3(schema.SerializeToString(deterministic=True)).hexdigest()
    return SchemaContent(f"b3:{digest}", text_format.MessageToString(schema, as_utf8=True))


def _sort(message: Message) -> None:
    """Put everything that has a name into the order of names: features, domains, and those within them."""
    for field, value in message.ListFields():
        repeated = hasattr(
            value, "sort"
        )  # asked of the value, for protobuf 3 and 6 ask the field differently
        for part in value if repeated else [value]:
            if isinstance(part, Message):
                _sort(part)
        if repeated and field.message_type is not None and "name" in field.message_type.fields_by_name:
            value.sort(key=lambda part: part.name)
