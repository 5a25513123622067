"""Calls of a metadata store, each for many ids at once."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from ml_metadata import errors as mlmd_errors
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.connection.address import Address
from tfx_hallmark.lineage.connection.complaints import explain
from tfx_hallmark.lineage.errors import MetadataError
from tfx_hallmark.lineage.property_text import is_safe

# Ids per call: an answer stays below the 4 MB that gRPC lets through, with 10 kB of properties each.
BATCH = 200

Answer = TypeVar("Answer")


class Reader:
    """What lineage asks a store for. Each method takes any number of ids, and answers in their order or by id.

    Args:
        store: The store.
        address: Where it is, for messages; None if that is not known.

    Attributes:
        store: The store, for calls that are not here; make them within `explained`.
    """

    def __init__(self, store: MetadataStore, address: Address | None = None) -> None:
        self.store = store
        self._address = address

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what ML Metadata raises into one line for the user.

        Raises:
            MetadataError: If the store fails.
        """
        try:
            yield
        except (mlmd_errors.StatusError, RuntimeError) as error:
            if self._address is not None:
                raise explain(error, self._address) from error
            first_line = str(error).strip().partition("\n")[0]
            msg = f"the metadata store cannot be read: {first_line}"
            raise MetadataError(msg) from error

    def artifacts(self, ids: Collection[int]) -> list[mlmd.Artifact]:
        """Return those artifacts that are there."""
        return list(self._batches(self.store.get_artifacts_by_id, ids))

    def executions(self, ids: Collection[int]) -> list[mlmd.Execution]:
        """Return those executions that are there."""
        return list(self._batches(self.store.get_executions_by_id, ids))

    def events_of_executions(self, ids: Collection[int]) -> list[mlmd.Event]:
        """Return all events of executions."""
        return list(self._batches(self.store.get_events_by_execution_ids, ids))

    def events_of_artifacts(self, ids: Collection[int]) -> list[mlmd.Event]:
        """Return all events of artifacts, which for one that is often in the cache are thousands."""
        return list(self._batches(self.store.get_events_by_artifact_ids, ids))

    def artifacts_at(self, uri: str) -> list[mlmd.Artifact]:
        """Return the artifacts with exactly this uri; none for one that a store may not be asked for."""
        if not is_safe(uri):
            return []
        return self._call(self.store.get_artifacts_by_uri, uri)

    def artifacts_of_type(self, name: str) -> list[mlmd.Artifact]:
        """Return all artifacts of a type: slow, 0.4 s for 10,000."""
        return self._call(self.store.get_artifacts_by_type, name)

    def contexts(self, execution: int) -> list[mlmd.Context]:
        """Return the contexts of one execution: slow, and there is no call for several; see `contexts`."""
        with self.explained():
            try:
                return list(self.store.get_contexts_by_execution(execution))
            except mlmd_errors.NotFoundError:
                # What other calls answer with an empty list.
                return []

    def executions_in(self, context: int) -> set[int]:
        """Return the ids of the executions in one context."""
        return {execution.id for execution in self._call(self.store.get_executions_by_context, context)}

    def context_named(self, type_name: str, name: str) -> mlmd.Context | None:
        """Return the context of a type that has this name; None if there is none."""
        found: mlmd.Context | None = self._call(self.store.get_context_by_type_and_name, type_name, name)
        return found

    def _batches(
        self, call: Callable[[Sequence[int]], Iterable[Answer]], ids: Collection[int]
    ) -> Iterator[Answer]:
        ordered = sorted(set(ids))
        for start in range(0, len(ordered), BATCH):
            yield from self._call(call, ordered[start : start + BATCH])

    def _call(self, call: Callable[..., Answer], *arguments: object) -> Answer:
        with self.explained():
            return call(*arguments)
