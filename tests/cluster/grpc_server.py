"""Serves the stand-ins for Pulumi's providers by gRPC from this process.

The engine attaches to them as to a plugin in a debugger (PULUMI_DEBUG_PROVIDERS).
"""

from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.cluster.provider_stand_in import StandIn

_THREADS = 32
_STOP_SECONDS = 2


@contextmanager
def serve_providers(providers: Mapping[str, StandIn]) -> Generator[str]:
    """Serve each stand-in on its own port; yields the value of PULUMI_DEBUG_PROVIDERS."""
    servers: list[Any] = []
    attached: list[str] = []
    try:
        for name, provider in providers.items():
            options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
            server = grpc.server(ThreadPoolExecutor(_THREADS), options=options)
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
            attached.append(f"{name}:{server.add_insecure_port('127.0.0.1:0')}")
            server.start()
            servers.append(server)
        yield ",".join(attached)
    finally:
        for server in servers:
            server.stop(_STOP_SECONDS).wait()
