"""Bring an embedded pipeline up, and take it down."""

import shlex
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from exits import Exit, SluiceError
from local import connect, entities, kafka, mariadb, redis, registry
from local.certificates import make_certificates
from local.description import Description
from local.fetch import Say, servers_folder
from local.folders import PIPELINE, shown, usable
from local.instance import Instance
from local.learn import learn
from local.processes import Server, Starting, check_ports_free, stop_all

_READY_SECONDS = 120
_STOP_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One bringing-up: what the steps below share."""

    instance: Instance
    description: Description
    servers: Path
    say: Say
    cancelled: threading.Event = field(default_factory=threading.Event)

    def start(self, server: Server) -> None:
        """Start a server and wait until it is ready."""
        Starting(server, instance=self.instance).wait(seconds=_READY_SECONDS, cancelled=self.cancelled)
        self.say(f"{server.name} is ready")


def up(
    state: Path,
    *,
    port_base: int | None,
    workers: int | None,
    redis_megabytes: int | None = None,
    env: Mapping[str, str],
    say: Say,
) -> Instance:
    """Bring the pipeline in `state` up: servers, topics, users, tables, connectors.

    What an earlier run left behind is ended first. If anything fails, or on Ctrl-C, all is taken down again.
    Raises SluiceError that says what failed, with the last lines of its log.
    """
    state = usable(state, PIPELINE)
    description = Description.read()
    servers = servers_folder(env=env, say=say)
    learn(servers.parent, servers=servers, say=say)
    workers = description.worker_replicas if workers is None else workers
    instance = Instance.make(state, port_base=port_base, workers=workers, redis_megabytes=redis_megabytes)
    with instance.lock():
        stop_all(instance, seconds=_STOP_SECONDS, say=say)
        check_ports_free(instance.ports)
        launch = Launch(instance=instance, description=description, servers=servers, say=say)
        try:
            _launch(launch)
        except BaseException:
            launch.cancelled.set()
            stop_all(instance, seconds=_STOP_SECONDS, say=say)
            raise
    return instance


def down(instance: Instance, *, purge: bool, say: Say) -> None:
    """End every process of an instance in order; `purge` removes its data as well."""
    with instance.lock():
        stop_all(instance, seconds=_STOP_SECONDS, say=say)
    if purge:
        shutil.rmtree(instance.state)
        say(f"{shown(instance.state)} is removed")


def _launch(launch: Launch) -> None:
    make_certificates(launch.instance)
    steps = (_kafka_and_its_clients, _mysql, _redis)
    _together([partial(step, launch) for step in steps], cancelled=launch.cancelled)
    url = f"http://127.0.0.1:{launch.instance.port('connect')}"
    for connector in launch.description.connectors:
        connect.apply_connector(url, connector)
    for connector in launch.description.connectors:
        connect.wait_running(url, connector, seconds=_READY_SECONDS, cancelled=launch.cancelled)
        launch.say(f"connector {connector.name} runs")
    launch.instance.write("place.env", shell_assignments(launch.instance.place_variables()))


def shell_assignments(variables: Mapping[str, str]) -> str:
    """Lines that a shell takes as they are meant, whatever a value holds."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def _kafka_and_its_clients(launch: Launch) -> None:
    instance, servers = launch.instance, launch.servers
    settings = kafka.prepare(instance, description=launch.description, servers=servers)
    launch.start(kafka.server(instance, settings=settings, servers=servers))
    admin = kafka.admin_client(instance)
    # Before any client comes: one that is refused, or lacks a right, ends itself and does not try again.
    entities.apply_entities(admin, description=launch.description, passwords=instance.passwords)
    _together(
        [partial(_registry, launch), *(partial(_worker, launch, index) for index in range(instance.workers))],
        cancelled=launch.cancelled,
    )


def _registry(launch: Launch) -> None:
    settings = launch.description.registry
    launch.start(registry.server(launch.instance, settings=settings, servers=launch.servers))


def _worker(launch: Launch, index: int) -> None:
    launch.start(connect.worker(launch.instance, index=index, description=launch.description, servers=launch.servers))


def _mysql(launch: Launch) -> None:
    settings = mariadb.prepare(launch.instance, servers=launch.servers)
    launch.start(mariadb.server(launch.instance, settings=settings, servers=launch.servers))
    mariadb.apply_scripts(launch.instance, launch.description.database_scripts)


def _redis(launch: Launch) -> None:
    settings = redis.prepare(launch.instance)
    launch.start(redis.server(launch.instance, settings=settings, servers=launch.servers))


def _together(steps: list[Callable[[], None]], *, cancelled: threading.Event) -> None:
    """Run steps at the same time; the first failure cancels the others and is raised."""

    def guarded(step: Callable[[], None]) -> None:
        try:
            step()
        except BaseException:
            cancelled.set()
            raise

    with ThreadPoolExecutor(len(steps)) as pool:
        futures = [pool.submit(guarded, step) for step in steps]
        try:
            errors = [error for future in futures if (error := future.exception())]
        except BaseException:  # Ctrl-C while waiting
            cancelled.set()
            raise
    # What was cancelled is not the reason.
    for error in sorted(errors, key=lambda error: isinstance(error, SluiceError) and error.status is Exit.INTERRUPTED):
        raise error
