"""`sluice up` and `sluice down`: start the servers of an instance, reconcile it with k8s/, stop it."""

import shlex
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local import (
    applied_settings,
    auto_restart,
    connect_workers,
    connectors,
    database_setup,
    kafka_admin,
    kafka_broker,
    mariadb,
    redis_server,
    registry_server,
)
from sluice.local.aot_cache import make_aot_caches
from sluice.local.binary_log import drop_half_transaction
from sluice.local.certificates import make_certificates
from sluice.local.connector_progress import (
    BinlogPosition,
    Progress,
    SinkProgress,
    SourceProgress,
    consumer_group_name,
    read_backlog,
    read_binlog_end,
    write_binlog_event,
)
from sluice.local.consumer_group import ConsumerGroup
from sluice.local.disk_waits import kill_where_disk_is_full, wake_disk_waits
from sluice.local.drift import Drift
from sluice.local.fetch_servers import Say, fetch_servers
from sluice.local.folder_checks import STATE_FOLDER, display_path, make_folder
from sluice.local.instance import Instance
from sluice.local.log_files import cut_long_logs, empty_temporary_files
from sluice.local.old_servers import remove_old_servers
from sluice.local.pipeline_spec import Connector, PipelineSpec
from sluice.local.processes import Server, StartedServer, check_ports_free, running_instances, stop_all, stop_writers
from sluice.local.reconcile_kafka import reconcile_kafka
from sluice.local.wait_for_connectors import StartupProblem, wait_for_connectors

_READY_SECONDS = 120
_CONNECTORS_SECONDS = 60
"""Time that the connectors have, once the servers are ready, to do their first work, s."""
_STOP_SECONDS = 30
_ENDPOINTS_FILE = "endpoints.env"
_FORMER_ENDPOINTS_FILE = "place.env"
"""Name of the same file in instances of former versions."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """State that the steps of one `sluice up` share."""

    instance: Instance
    spec: PipelineSpec
    servers: Path
    say: Say
    first: bool
    """Whether this is the instance's first start: everything is created then, and nothing of it is reported."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    sinks: dict[str, SinkProgress] = field(default_factory=dict[str, SinkProgress])
    """By connector: each sink, with the records that waited for it before a worker was started."""
    log_ends: list[BinlogPosition] = field(default_factory=list[BinlogPosition])
    """End of the binary log after the tables were created; one entry, once the database is ready."""
    problems: list[StartupProblem] = field(default_factory=list[StartupProblem])

    def report(self, drifts: list[Drift]) -> None:
        """Print what was reconciled or kept; what could not be reconciled becomes a problem, printed at the end."""
        for drift in drifts:
            if drift.kind == "unresolved":
                self.problems.append(StartupProblem(text=drift.text, status=Exit.FAILED))
            elif drift.kind == "kept" or not self.first:
                self.say(drift.text)

    def start(self, server: Server) -> None:
        """Start a server and wait until it is ready."""
        StartedServer(server, instance=self.instance).wait(seconds=_READY_SECONDS, cancelled=self.cancelled)
        self.say(f"{server.name} is ready")


@dataclass(frozen=True, kw_only=True)
class UpResult:
    """Result of `sluice up`: a running pipeline and its problems."""

    instance: Instance
    problems: tuple[StartupProblem, ...]

    @property
    def status(self) -> Exit:
        """FAILED if a problem is a failure, UNAVAILABLE if a connector has only not worked in time, else OK."""
        statuses = {problem.status for problem in self.problems}
        return Exit.FAILED if Exit.FAILED in statuses else next(iter(statuses), Exit.OK)


def up(
    state: Path,
    *,
    port_base: int | None,
    workers: int | None,
    redis_megabytes: int | None = None,
    env: Mapping[str, str],
    say: Say,
) -> UpResult:
    """Start the pipeline in `state` and reconcile it with k8s/: servers, topics, users, tables, connectors.

    Processes of an earlier run are ended first. If a server fails, or on Ctrl-C, everything is ended again, and
    SluiceError holds the reason and the last lines of the server's log. A connector that fails does not stop the rest,
    which is needed to repair it: it is one of the result's problems.
    """
    state = make_folder(state, STATE_FOLDER)
    spec = PipelineSpec.read()
    database_users = database_setup.password_names(spec.database_scripts)
    servers = fetch_servers(env=env, say=say)
    make_aot_caches(servers.parent, servers=servers, say=say)
    remove_old_servers(servers, running=running_instances(), say=say)
    workers = spec.worker_replicas if workers is None else workers
    instance = Instance.make(state, port_base=port_base, workers=workers, redis_megabytes=redis_megabytes)
    with instance.lock():
        _stop(instance, say=say)
        check_ports_free(instance.ports)
        instance.add_passwords([*database_users, *(f"kafka-{user.name}" for user in spec.users)])
        rename_former_files(instance.state)
        empty_temporary_files(instance)
        cut_long_logs(instance)
        launch = Launch(
            instance=instance,
            spec=spec,
            servers=servers,
            say=say,
            first=not (instance.state / _ENDPOINTS_FILE).exists(),
        )
        try:
            _launch(launch)
        except BaseException:
            launch.cancelled.set()
            _stop(instance, say=say)
            raise
    return UpResult(instance=instance, problems=tuple(launch.problems))


def _stop(instance: Instance, *, say: Say) -> None:
    # Now, for the stop is shorter then; and again just before SIGTERM: the last writes may have filled the disk.
    _spare_binary_log(instance, say=say)
    stop_writers(instance, seconds=_STOP_SECONDS, say=say)
    _spare_binary_log(instance, say=say)
    stop_all(instance, seconds=_STOP_SECONDS, say=say)


def _spare_binary_log(instance: Instance, *, say: Say) -> None:
    """Let no connection wait for space when the database gets SIGTERM."""
    wake_disk_waits(instance)
    if kill_where_disk_is_full(instance):
        say("the database has too little space on its disk: it is killed, since SIGTERM would damage its binary log")


def rename_former_files(state: Path) -> None:
    """Give a file of a former version its present name: the old one has passwords, and marks an instance as not new."""
    former = state / _FORMER_ENDPOINTS_FILE
    if former.exists():
        former.replace(state / _ENDPOINTS_FILE)


def down(instance: Instance, *, purge: bool, say: Say) -> None:
    """End every process of an instance, in order; with `purge`, remove its state folder as well."""
    with instance.lock():
        _stop(instance, say=say)
    if purge:
        try:
            shutil.rmtree(instance.state)
        except OSError as error:
            raise SluiceError(f"{error.filename} cannot be removed: {error.strerror}; remove it by hand") from error
        say(f"{display_path(instance.state)} is removed")


def _launch(launch: Launch) -> None:
    instance, spec = launch.instance, launch.spec
    make_certificates(instance)
    launch.report(applied_settings.changed_settings(instance, spec))
    steps = (_kafka_and_its_clients, _mysql, _redis)
    _run_concurrently([partial(step, launch) for step in steps], cancelled=launch.cancelled)
    applied_settings.save_settings(instance, spec)
    connect = instance.connect(0)
    launch.report(connectors.reconcile_connectors(connect, spec.connectors))
    progress = [(connector, _progress(launch, connector)) for connector in spec.connectors]
    launch.problems.extend(
        wait_for_connectors(connect, progress, seconds=_CONNECTORS_SECONDS, cancelled=launch.cancelled, say=launch.say),
    )
    for sink in launch.sinks.values():
        sink.group.close()
    launch.start(auto_restart.server(instance))
    instance.write(_ENDPOINTS_FILE, shell_assignments(instance.endpoint_variables()))


def shell_assignments(variables: Mapping[str, str]) -> str:
    """Return `NAME=value` lines for a POSIX shell, with every value quoted."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def _progress(launch: Launch, connector: Connector) -> Progress | None:
    if connector.topics:
        return launch.sinks[connector.name]
    return SourceProgress(
        connect=launch.instance.connect(0),
        connector=connector,
        end=launch.log_ends[0],
        write_event=lambda: write_binlog_event(launch.instance),
    )


def _kafka_and_its_clients(launch: Launch) -> None:
    instance, servers, spec = launch.instance, launch.servers, launch.spec
    settings = kafka_broker.prepare(instance, spec=spec, servers=servers)
    launch.start(kafka_broker.server(instance, settings=settings, servers=servers))
    admin = kafka_admin.admin_client(instance)
    # Before any client starts: one that cannot log in, or lacks a right, exits and does not try again.
    launch.report(reconcile_kafka(admin, spec=spec, passwords=instance.passwords))
    _run_concurrently([partial(_registry, launch), partial(_workers, launch)], cancelled=launch.cancelled)


def _workers(launch: Launch) -> None:
    for connector in launch.spec.connectors:
        if connector.topics:
            launch.sinks[connector.name] = _sink(launch.instance, connector)
    _run_concurrently(
        [partial(_worker, launch, index) for index in range(launch.instance.workers)], cancelled=launch.cancelled
    )


def _sink(instance: Instance, connector: Connector) -> SinkProgress:
    group = ConsumerGroup(consumer_group_name(connector), instance=instance)
    return SinkProgress(group=group, backlog=read_backlog(group, connector))


def _registry(launch: Launch) -> None:
    settings = launch.spec.registry
    launch.start(registry_server.server(launch.instance, settings=settings, servers=launch.servers))


def _worker(launch: Launch, index: int) -> None:
    launch.start(connect_workers.worker(launch.instance, index=index, spec=launch.spec, servers=launch.servers))


def _mysql(launch: Launch) -> None:
    settings = mariadb.prepare(launch.instance, servers=launch.servers)
    if size := drop_half_transaction(launch.instance):
        launch.say(f"the binary log of the database ended in half a transaction, {size} bytes: they are removed")
    launch.start(mariadb.server(launch.instance, settings=settings, servers=launch.servers))
    launch.report(database_setup.reconcile_database(launch.instance, launch.spec.database_scripts))
    launch.log_ends.append(read_binlog_end(launch.instance))


def _redis(launch: Launch) -> None:
    settings = redis_server.prepare(launch.instance)
    launch.start(redis_server.server(launch.instance, settings=settings, servers=launch.servers))


def _run_concurrently(steps: list[Callable[[], None]], *, cancelled: threading.Event) -> None:
    """Run steps in threads; the first failure cancels the others and is raised."""

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
    # A step that was cancelled raises INTERRUPTED: the error that caused it goes first.
    for error in sorted(errors, key=lambda error: isinstance(error, SluiceError) and error.status is Exit.INTERRUPTED):
        raise error
