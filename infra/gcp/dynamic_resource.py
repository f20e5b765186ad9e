"""For Pulumi's dynamic resources, which run in a process of their own: progress and errors as the user sees them."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from producer.runtime.exit_status import SluiceError

_SECONDS = 5


def report_progress(urn: str, message: str) -> None:
    """Show a message in the row of a resource while `pulumi up` runs; without an engine, on standard error."""
    request = engine_pb2.LogRequest(severity=engine_pb2.INFO, urn=urn, message=message)
    try:
        # Pulumi starts the process with the engine's address.
        with grpc.insecure_channel(sys.argv[1]) as channel:
            engine_pb2_grpc.EngineStub(channel).Log(request, timeout=_SECONDS)
    except (IndexError, grpc.RpcError):
        sys.stderr.write(f"{message}\n")


@contextmanager
def without_traceback() -> Generator[None]:
    """Have Pulumi report a SluiceError by its message: it prints the traceback of any error of a dynamic resource."""
    try:
        yield
    except SluiceError:
        sys.tracebacklimit = 0
        raise
