"""Child processes: started, watched until they are ready, found again, ended.

The process table is the record of what runs. Every child carries the instance's folder in its environment, which
its own children inherit, so nothing is lost track of when the program that started it is killed.
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
from typing import cast

import psutil

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.instance import PORT_SPAN, Instance

_INSTANCE = "SLUICE_EMBEDDED_INSTANCE"
_NAME = "SLUICE_EMBEDDED_PROCESS"
_POLL_SECONDS = 0.05
_OWN_PORTS = (20_000, 32_000)
"""Below what Linux (32768) and macOS (49152) use for outgoing connections."""
_LAST_LINES = 15
_STOP_ORDER = (("auto-restart",), ("connect-", "registry"), ("kafka", "mysql", "redis"))
"""What acts on the others, or writes to them, ends before them, so that all that was read is written and committed."""
_INHERITED = ("PATH", "HOME", "TZ", "LD_LIBRARY_PATH")
"""All that a server gets of the caller's environment: a KAFKA_OPTS or JAVA_TOOL_OPTIONS meant for another
program would change what runs here."""
_LOCALE = {"LC_ALL": "C.UTF-8"}
"""Java reads the name of the folder that it is started in by the locale, and takes what it cannot read for `?`."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A process to run: what, with what, and how one sees that it is ready."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    folder: Path
    ready: Callable[[], bool]


def _environment(instance: Instance, name: str, own: Mapping[str, str]) -> dict[str, str]:
    inherited = {variable: os.environ[variable] for variable in _INHERITED if variable in os.environ}
    return {**_LOCALE, **inherited, **own, _INSTANCE: str(instance.state), _NAME: name}


def run_once(command: Sequence[str], *, name: str, instance: Instance) -> subprocess.CompletedProcess[str]:
    """Run a program that prepares a server, to its end; it is found and ended as servers are."""
    return subprocess.run(
        command,
        cwd=instance.state,
        env=_environment(instance, name, {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


class StartedServer:
    """A server that has been started and is not yet known to be ready."""

    def __init__(self, server: Server, *, instance: Instance) -> None:
        self.server = server
        self.log = instance.log(server.name)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(
                server.command,
                cwd=server.folder,
                env=_environment(instance, server.name, server.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session: Ctrl-C in the terminal is for the program that waits here, which then ends
                # the servers in their order.
                start_new_session=True,
            )

    def wait(self, *, seconds: float, cancelled: threading.Event) -> None:
        """Wait until the server is ready.

        Raises SluiceError with the log's last lines if it ends first or is not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not self.server.ready():
            if self._child.poll() is not None:
                raise self._failure(f"{self.server.name} ended with status {self._child.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(f"{self.server.name} was not ready after {seconds:.0f} s")
            if cancelled.wait(_POLL_SECONDS):
                raise SluiceError("interrupted", status=Exit.INTERRUPTED)

    def _failure(self, what: str) -> SluiceError:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read().decode(errors="replace").splitlines()[-_LAST_LINES:]
        return SluiceError(f"{what}. The end of {self.log}:\n  " + "\n  ".join(lines))


@dataclass(frozen=True, kw_only=True)
class RunningProcess:
    """A process of an instance, as the process table has it."""

    name: str
    process: psutil.Process

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    @property
    def memory_bytes(self) -> int:
        """Memory of its own plus its share of what it shares (PSS); resident memory where the system has no PSS."""
        memory = self.process.memory_full_info()
        return cast(int, getattr(memory, "pss", memory.rss))

    @property
    def uptime_seconds(self) -> float:
        """Time since it was started, s."""
        return time.time() - self.process.create_time()


def running_processes(instance: Instance) -> list[RunningProcess]:
    """Every live process of an instance, whoever started it."""
    return [found for process in psutil.process_iter() if (found := _of_instance(process, instance.state))]


def _of_instance(process: psutil.Process, state: Path) -> RunningProcess | None:
    try:
        env = process.environ()
        if env.get(_INSTANCE) == str(state) and process.status() != psutil.STATUS_ZOMBIE:
            return RunningProcess(name=env.get(_NAME, "?"), process=process)
    except (psutil.Error, OSError):  # another user's, or gone meanwhile
        return None
    return None


def stop_all(instance: Instance, *, seconds: float, say: Callable[[str], None]) -> None:
    """End every process of an instance in order, each group by SIGTERM, and by SIGKILL after `seconds`."""
    for names in _STOP_ORDER:
        group = [entry for entry in running_processes(instance) if entry.name.startswith(names)]
        if group:
            say(f"ending {', '.join(sorted({entry.name for entry in group}))}")
        stop_processes(group, seconds=seconds)
    stop_processes(running_processes(instance), seconds=seconds)


def stop_processes(processes: Iterable[RunningProcess], *, seconds: float) -> None:
    """End processes by SIGTERM, and by SIGKILL what is still there after `seconds`."""
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
    # A zombie is over: in a container nobody may be there to collect it.
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def check_ports_free(ports: Mapping[str, int]) -> None:
    """Raise SluiceError that names every port taken, and what to do."""
    taken = [f"{port} ({name})" for name, port in ports.items() if not is_port_free(port)]
    if taken:
        raise SluiceError(
            f"these ports of 127.0.0.1 are taken by another program: {', '.join(taken)}. "
            "Choose others: sluice up --port-base N",
            status=Exit.UNAVAILABLE,
        )


def free_port_base() -> int:
    """The first of PORT_SPAN ports in a row that are free now.

    Not of those that the system gives to outgoing connections: one of these could take a port between two starts.
    """
    while True:
        base = random.randrange(*_OWN_PORTS)  # noqa: S311 no secret
        if all(is_port_free(port) for port in range(base, base + PORT_SPAN)):
            return base


def is_port_free(port: int) -> bool:
    """Say whether a server could listen on a port of 127.0.0.1."""
    with socket.socket() as probe:
        # As the servers themselves do: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
