"""Base of this program's dynamic resources: errors reach the user as one sentence, and progress in the resource's row.

Pulumi runs them in a process of their own and reports each exception with traceback.format_exc(), its stack included.
"""

import sys
import traceback

import grpc
from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from producer.runtime.exit_status import SluiceError

_LOG_SECONDS = 5


class SentenceProvider(ResourceProvider):
    """A provider that reports a SluiceError by its message only; any other error is a fault in the program."""

    def configure(self, req: ConfigureRequest) -> None:
        """Called once in the process of the dynamic resources, before anything else."""
        super().configure(req)
        traceback.format_exc = _format_error


_with_stack = traceback.format_exc


def _format_error(limit: int | None = None, chain: bool = True) -> str:
    error = sys.exception()
    return str(error) if isinstance(error, SluiceError) else _with_stack(limit, chain)


def report_progress(urn: str, message: str) -> None:
    """Show a message in the row of a resource while `pulumi up` runs; without an engine, on standard error."""
    request = engine_pb2.LogRequest(severity=engine_pb2.INFO, urn=urn, message=message)
    try:
        # Pulumi starts the process with the engine's address.
        with grpc.insecure_channel(sys.argv[1]) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=_LOG_SECONDS)
    except (IndexError, grpc.RpcError):
        sys.stderr.write(f"{message}\n")
