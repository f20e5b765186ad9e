"""Server processes of an instance: start, wait until ready, find again, end.

There are no PID files: the process table is the only record. Every child has the instance's folder in its
environment, which its own children inherit, so that all are found even if the program that started them was killed.
"""

import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import cast

import psutil

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.instance import PORT_SPAN, Instance
from sluice.local.state_files import private_opener

# These names stay: `sluice up` finds processes by them that an earlier version started.
_INSTANCE_VARIABLE = "SLUICE_EMBEDDED_INSTANCE"
_NAME_VARIABLE = "SLUICE_EMBEDDED_PROCESS"
_POLL_SECONDS = 0.05
_FREE_PORT_RANGE = (20_000, 32_000)
"""Below the ephemeral ports, which begin at 32768 on Linux and at 49152 on macOS."""
_RESERVED: list[socket.socket] = []
"""A socket for each port base that this process has been given: see free_port_base()."""
_LOG_TAIL_LINES = 15
_WRITERS = (("auto-restart",), ("connect-", "registry"))
"""Processes in the order in which they end: before those that they act on or write to, so that all that they read is
written and committed."""
_STORES = ("kafka", "mysql", "redis")
_INHERITED = ("PATH", "HOME", "TZ", "LD_LIBRARY_PATH")
"""The only variables that a server inherits: a KAFKA_OPTS or JAVA_TOOL_OPTIONS meant for another program would change
what runs here."""
_PRIVATE = 0o077
"""The umask of servers: logs, tables, topics and reports of crashes hold what other users must not read."""
_LOCALE = {"LC_ALL": "C.UTF-8"}
"""Java decodes the path of its working folder by the locale, and reads undecodable bytes as `?`."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server to start: command line, environment, working folder and readiness check."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    folder: Path
    ready: Callable[[], bool]
    port: int | None = None
    """Port on which it has to listen itself before `ready` is called, because that sends a password: as long as it does
    not, another user of this machine may do so."""


def _environment(instance: Instance, name: str, own: Mapping[str, str]) -> dict[str, str]:
    inherited = {variable: os.environ[variable] for variable in _INHERITED if variable in os.environ}
    return {**_LOCALE, **inherited, **own, _INSTANCE_VARIABLE: str(instance.state), _NAME_VARIABLE: name}


def run_once(
    command: Sequence[str], *, name: str, instance: Instance, env: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run a program that prepares a server, and wait for its end; stop_all() finds it like a server."""
    return subprocess.run(
        command,
        cwd=instance.state,
        env=_environment(instance, name, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
        umask=_PRIVATE,
    )


class StartedServer:
    """A server that was started and may not be ready yet."""

    def __init__(self, server: Server, *, instance: Instance) -> None:
        self.server = server
        self.log = instance.log(server.name)
        with open(self.log, "ab", opener=private_opener) as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(
                server.command,
                cwd=server.folder,
                env=_environment(instance, server.name, server.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session: Ctrl-C in the terminal reaches only the program that waits here, which then ends
                # the servers in order.
                start_new_session=True,
                umask=_PRIVATE,
            )

    def wait(self, *, seconds: float, cancelled: threading.Event) -> None:
        """Wait until the server is ready.

        Raises SluiceError with the log's last lines if it exits first or is not ready within `seconds`.
        """
        deadline = time.monotonic() + seconds
        while not (self._listens() and self.server.ready()):
            if self._child.poll() is not None:
                raise self._failure(f"{self.server.name} ended with status {self._child.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(f"{self.server.name} was not ready after {seconds:.0f} s")
            if cancelled.wait(_POLL_SECONDS):
                raise SluiceError("interrupted", status=Exit.INTERRUPTED)

    def _listens(self) -> bool:
        if self.server.port is None:
            return True
        try:
            return listens(psutil.Process(self._child.pid), self.server.port)
        except psutil.Error:  # it has ended
            return False

    def _failure(self, problem: str) -> SluiceError:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        return SluiceError(f"{problem}. The end of {self.log}:\n  " + "\n  ".join(lines))


def listens(process: psutil.Process, port: int) -> bool:
    """Return whether a process itself listens on a port; raises psutil.Error where it has ended."""
    connections = process.net_connections("tcp")
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections)


@dataclass(frozen=True, kw_only=True)
class RunningProcess:
    """A running process of an instance, from the process table."""

    name: str
    process: psutil.Process

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    @property
    def memory_bytes(self) -> int:
        """Proportional set size (PSS); resident set size where the system has no PSS."""
        memory = self.process.memory_full_info()
        return cast(int, getattr(memory, "pss", memory.rss))

    @property
    def uptime_seconds(self) -> float:
        """Time since its start, s."""
        return time.time() - self.process.create_time()


def running_processes(instance: Instance) -> list[RunningProcess]:
    """Return every running process of an instance, whichever program started it."""
    return [found for process in psutil.process_iter() if (found := _running_process(process, instance.state))]


def running_instances() -> set[Path]:
    """Return the state folder of every instance that runs, as far as this user may see its processes."""
    found: set[Path] = set()
    for process in psutil.process_iter():
        try:
            state = process.environ().get(_INSTANCE_VARIABLE)
        except (psutil.Error, OSError):  # another user's, or gone meanwhile
            continue
        if state:
            found.add(Path(state))
    return found


def _running_process(process: psutil.Process, state: Path) -> RunningProcess | None:
    """Return a process as one of the instance in `state`; None if it belongs to none or to another."""
    try:
        env = process.environ()
        if env.get(_INSTANCE_VARIABLE) == str(state) and process.status() != psutil.STATUS_ZOMBIE:
            return RunningProcess(name=env.get(_NAME_VARIABLE, "?"), process=process)
    except (psutil.Error, OSError):  # another user's, or gone meanwhile
        return None
    return None


def stop_all(instance: Instance, *, seconds: float, say: Callable[[str], None]) -> None:
    """End every process of an instance, group by group: SIGTERM, then SIGKILL after `seconds`."""
    stop_writers(instance, seconds=seconds, say=say)
    _stop_group(instance, _STORES, seconds=seconds, say=say)
    stop_processes(running_processes(instance), seconds=seconds)


def stop_writers(instance: Instance, *, seconds: float, say: Callable[[str], None]) -> None:
    """End what acts on the stores of an instance or writes to them, in the same way; the stores go on."""
    for names in _WRITERS:
        _stop_group(instance, names, seconds=seconds, say=say)


def _stop_group(instance: Instance, names: tuple[str, ...], *, seconds: float, say: Callable[[str], None]) -> None:
    group = [entry for entry in running_processes(instance) if entry.name.startswith(names)]
    if group:
        say(f"ending {', '.join(sorted({entry.name for entry in group}))}")
    stop_processes(group, seconds=seconds)


def stop_processes(processes: Iterable[RunningProcess], *, seconds: float) -> None:
    """End processes by SIGTERM, and those still alive after `seconds` by SIGKILL; raises SluiceError if any remains."""
    alive = list(processes)
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 10.0)):
        for entry in alive:
            _signal(entry.process, number)
        alive = _still_alive(alive, seconds=patience)
        if not alive:
            return
    raise SluiceError("these processes do not end: " + ", ".join(f"{entry.name} ({entry.pid})" for entry in alive))


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _still_alive(processes: list[RunningProcess], *, seconds: float) -> list[RunningProcess]:
    deadline = time.monotonic() + seconds
    while alive := [entry for entry in processes if _alive(entry.process)]:
        if time.monotonic() > deadline:
            return alive
        time.sleep(_POLL_SECONDS)
        processes = alive
    return []


def _alive(process: psutil.Process) -> bool:
    # A zombie has ended: in a container there may be no parent that reaps it.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def check_ports_free(ports: Mapping[str, int]) -> None:
    """Raise SluiceError (UNAVAILABLE) with all taken ports, if any is taken; `ports` are by name."""
    taken = [f"{port} ({name})" for name, port in ports.items() if not is_port_free(port)]
    if taken:
        raise SluiceError(
            f"these ports of 127.0.0.1 are taken by another program: {', '.join(taken)}. "
            "Choose others: sluice up --port-base N",
            status=Exit.UNAVAILABLE,
        )


def free_port_base() -> int:
    """Return the first of PORT_SPAN consecutive ports that are free now.

    Never an ephemeral port: an outgoing connection could take it between two starts. No other call returns the same
    ports while this process lives, which holds the port behind them: tests of several processes run beside each other.
    """
    while True:
        base = random.randrange(*_FREE_PORT_RANGE, PORT_SPAN + 1)  # noqa: S311 no secret
        if all(is_port_free(port) for port in range(base, base + PORT_SPAN)) and _reserve(base + PORT_SPAN):
            return base


def _reserve(port: int) -> bool:
    """Hold a port until this process ends; return False where another one has it."""
    held = socket.socket()
    try:
        held.bind(("127.0.0.1", port))
    except OSError:
        held.close()
        return False
    _RESERVED.append(held)
    return True


def is_port_free(port: int) -> bool:
    """Return whether a server could listen on a port of 127.0.0.1."""
    with socket.socket() as probe:
        # As the servers do: a port with connections in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
