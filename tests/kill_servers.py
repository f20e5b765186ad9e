"""Kills and restarts servers of a pipeline."""

import os
import threading
from typing import Protocol

from producer.runtime.rest_endpoint import RestEndpoint
from sluice.local import connect_workers, kafka_broker, mariadb, redis_server, registry_server
from sluice.local.binary_log import drop_half_transaction
from sluice.local.fetch_servers import fetch_servers
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import Server, StartedServer, is_port_free, running_processes
from tests.run_sluice import wait_for

SECONDS = 120


class ServerControl(Protocol):
    """Control of a pipeline's servers by the names in `sluice status`: mysql, connect-1, …"""

    def kill(self, name: str) -> None:
        """Kill a server with SIGKILL."""
        ...

    def start(self, name: str) -> None:
        """Start a killed server and wait until it is ready; does nothing if it runs."""
        ...

    def worker(self, identity: str) -> str:
        """Return the name of the worker with Connect's worker id `identity`."""
        ...

    def connect(self, worker: str) -> RestEndpoint:
        """Return Connect's REST interface at which `worker` answers."""
        ...


class LocalServerControl:
    """Control of a local pipeline's processes."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._spec = PipelineSpec.read()
        self._servers = fetch_servers(env=os.environ, say=lambda _: None)

    def kill(self, name: str) -> None:
        """Kill the process."""
        (found,) = [entry for entry in running_processes(self._instance) if entry.name == name]
        found.process.kill()
        # running_processes knows a process by its environment, which a dying process loses before its sockets.
        wait_for(lambda: is_port_free(self._instance.ports[name]))

    def start(self, name: str) -> None:
        """Start the process as `sluice up` does."""
        if any(entry.name == name for entry in running_processes(self._instance)):
            return
        StartedServer(self._server(name), instance=self._instance).wait(seconds=SECONDS, cancelled=threading.Event())

    def worker(self, identity: str) -> str:
        """Return the worker with this id's port."""
        port = int(identity.rpartition(":")[2])
        return next(name for name, own in self._instance.ports.items() if own == port)

    def connect(self, worker: str) -> RestEndpoint:
        """Return the worker's own interface."""
        return self._instance.connect(int(worker.removeprefix("connect-")) - 1)

    def _server(self, name: str) -> Server:
        instance, servers = self._instance, self._servers
        match name:
            case "kafka":
                settings = kafka_broker.prepare(instance, spec=self._spec, servers=servers)
                return kafka_broker.server(instance, settings=settings, servers=servers)
            case "registry":
                return registry_server.server(instance, settings=self._spec.registry, servers=servers)
            case "mysql":
                settings = mariadb.prepare(instance, servers=servers)
                drop_half_transaction(instance)
                return mariadb.server(instance, settings=settings, servers=servers)
            case "redis":
                return redis_server.server(instance, settings=redis_server.prepare(instance), servers=servers)
            case _:
                index = int(name.removeprefix("connect-")) - 1
                return connect_workers.worker(instance, index=index, spec=self._spec, servers=servers)
