"""What can go wrong for a user with a metadata store."""

from tfx_hallmark.registry.errors import HallmarkError


class MetadataError(HallmarkError):
    """A metadata store that cannot be reached, entered or used."""


class NotInitialisedError(MetadataError):
    """A database that holds no tables of ML Metadata yet."""


class OlderSchemaError(MetadataError):
    """Tables that an older ML Metadata made, and the installed one can use only once they are upgraded."""
