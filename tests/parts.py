"""How a part of a pipeline is killed and how it comes back, in each place where the pipeline can live."""

import os
import threading
from typing import Protocol

from sluice.local import connect_workers, kafka_broker, mariadb, redis_server, registry_server
from sluice.local.fetch_servers import fetch_servers
from sluice.local.instance import Instance
from sluice.local.pipeline_spec import PipelineSpec
from sluice.local.processes import Server, StartedServer, is_port_free, running_processes
from tests.support import wait_for

SECONDS = 120


class Parts(Protocol):
    """The parts of a pipeline, by the names that `sluice status` gives them: mysql, connect-1, …"""

    def kill(self, name: str) -> None:
        """End a part as a power cut does (kill -9): it says goodbye to nobody."""
        ...

    def start(self, name: str) -> None:
        """Start a part that was killed and wait until it serves; one that lives is left alone."""
        ...

    def worker(self, identity: str) -> str:
        """The name of the worker that Connect calls `identity`."""
        ...

    def connect_url(self, worker: str) -> str:
        """Where Connect answers while only `worker` is sure to live."""
        ...


class Processes:
    """The parts of an embedded pipeline."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._description = PipelineSpec.read()
        self._servers = fetch_servers(env=os.environ, say=lambda _: None)

    def kill(self, name: str) -> None:
        """Kill the process."""
        (found,) = [entry for entry in running_processes(self._instance) if entry.name == name]
        found.process.kill()
        # A process that is being killed loses its environment, by which it is known, before its sockets.
        wait_for(lambda: is_port_free(self._instance.ports[name]))

    def start(self, name: str) -> None:
        """Start the process as `sluice up` does."""
        if any(entry.name == name for entry in running_processes(self._instance)):
            return
        StartedServer(self._server(name), instance=self._instance).wait(seconds=SECONDS, cancelled=threading.Event())

    def worker(self, identity: str) -> str:
        """A worker is known by its port."""
        port = int(identity.rpartition(":")[2])
        return next(name for name, own in self._instance.ports.items() if own == port)

    def connect_url(self, worker: str) -> str:
        """Each worker answers at its own port; a cluster has one address for all that live."""
        return f"http://127.0.0.1:{self._instance.ports[worker]}"

    def _server(self, name: str) -> Server:
        instance, servers = self._instance, self._servers
        match name:
            case "kafka":
                settings = kafka_broker.prepare(instance, spec=self._description, servers=servers)
                return kafka_broker.server(instance, settings=settings, servers=servers)
            case "registry":
                return registry_server.server(instance, settings=self._description.registry, servers=servers)
            case "mysql":
                return mariadb.server(instance, settings=mariadb.prepare(instance, servers=servers), servers=servers)
            case "redis":
                return redis_server.server(instance, settings=redis_server.prepare(instance), servers=servers)
            case _:
                index = int(name.removeprefix("connect-")) - 1
                return connect_workers.worker(instance, index=index, spec=self._description, servers=servers)
