"""Test of the test harness: many engines in turn, whose ports the system gives out again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import Settings

from tests.cluster import pulumi_engine
from tests.run_sluice import wait_for


def test_a_program_reaches_an_engine_at_the_port_of_one_that_has_ended() -> None:
    assert pulumi_engine.Stack  # the import changes how Pulumi connects
    ended, port = _engine()
    abandoned = _monitor(port)
    assert _answers(abandoned)
    ended.stop(0).wait()
    wait_for(lambda: not _answers(abandoned))
    engine, _ = _engine(port)
    try:
        assert _answers(_monitor(port))
    finally:
        engine.stop(0).wait()


class _Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802 (its name in the protocol)
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)


def _engine(port: int = 0) -> tuple[Any, int]:
    server = grpc.server(ThreadPoolExecutor(2))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(_Monitor(), server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def _monitor(port: int) -> Any:
    settings: Any = Settings(project="sluice", stack="gke", monitor=f"127.0.0.1:{port}")
    return settings.monitor


def _answers(monitor: Any) -> bool:
    try:
        return monitor.SupportsFeature(resource_pb2.SupportsFeatureRequest(id="secrets"), timeout=10).hasSupport
    except grpc.RpcError:
        return False
