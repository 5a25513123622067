"""A metadata store server, as Kubeflow's clusters have one: ML Metadata's service over gRPC.

The wheel has only the client; here every method of the service is handed to a store in this process.
"""

import contextlib
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
from ml_metadata import errors
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd
from ml_metadata.proto import metadata_store_service_pb2 as service

from tests.databases.daemons import HOST

_CODES = {code.value[0]: code for code in grpc.StatusCode}


@contextlib.contextmanager
def metadata_server(connection: mlmd.ConnectionConfig) -> Iterator[mlmd.MetadataStoreClientConfig]:
    """Serves a store on a free port and yields the connection to it."""
    store = metadata_store.MetadataStore(connection)
    described = service.DESCRIPTOR.services_by_name["MetadataStoreService"]
    methods = {method.name: _handler(store, method.name) for method in described.methods}
    server = grpc.server(futures.ThreadPoolExecutor(1))  # a store serves one thread
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(described.full_name, methods),))
    port = server.add_insecure_port(f"{HOST}:0")
    server.start()
    try:
        yield mlmd.MetadataStoreClientConfig(host=HOST, port=port)
    finally:
        server.stop(grace=None).wait()


def _handler(store: metadata_store.MetadataStore, name: str) -> grpc.RpcMethodHandler:
    request_type = getattr(service, f"{name}Request")
    response_type = getattr(service, f"{name}Response")

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        response = response_type()
        try:
            store._call(name, request, response)
        except errors.StatusError as error:
            context.abort(_CODES[error.error_code], str(error))
        return response

    return grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=request_type.FromString,
        response_serializer=response_type.SerializeToString,
    )
