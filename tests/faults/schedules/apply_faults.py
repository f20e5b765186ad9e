"""Applies the faults of a schedule, each in a thread of its own at its time."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import psutil
import pymysql
from redis import RedisError

from sluice.local.disk_waits import kill_where_disk_is_full, wake_disk_waits
from sluice.local.processes import RunningProcess, running_processes
from tests.administrator import Administrator
from tests.faults.schedules.fault import Fault, Kind
from tests.faults.schedules.full_disk import Disks
from tests.faults.schedules.load_traffic import LoadTraffic
from tests.faults.schedules.local_pipeline import LocalPipeline
from tests.faults.schedules.traffic_plan import FIRST_UTIME, PERIOD, ROW_COUNT

_STOPPED_SECONDS, _GOING_SECONDS = 0.4, 0.1
"""Rhythm of a server that is slow: it runs a fifth of the time."""
_TERM_SECONDS = 30
_POLL_SECONDS = 0.1


class Faults:
    """Applies faults; `said` has what became of each, such as a server that was dead already."""

    def __init__(
        self, pipeline: LocalPipeline, *, disks: Disks, admin: Administrator, loads: Mapping[str, LoadTraffic]
    ) -> None:
        self.said: list[str] = []
        self.problems: list[str] = []
        self._pipeline, self._disks, self._admin, self._loads = pipeline, disks, admin, loads
        self._over = threading.Event()
        self._up_is_free = threading.Lock()
        """Held by `sluice up`: it is what starts servers then."""

    def apply(self, faults: Sequence[Fault]) -> None:
        """Apply the faults and wait until the last one is over."""
        begun = time.monotonic()
        with ThreadPoolExecutor(max(len(faults), 1)) as pool:
            pending = [pool.submit(self._apply_at, begun + fault.at, fault) for fault in faults]
            try:
                for one in pending:
                    one.result()
            except BaseException:  # Ctrl-C: what is paused or full must not stay so
                self._over.set()
                raise

    def _apply_at(self, at: float, fault: Fault) -> None:
        if self._over.wait(max(0.0, at - time.monotonic())):
            return
        deeds: dict[Kind, Callable[[Fault], None]] = {
            Kind.KILL: self._kill,
            Kind.PAUSE: self._pause,
            Kind.RESTART: self._restart,
            Kind.DISCONNECT: self._disconnect,
            Kind.FULL_DISK: self._fill_disk,
            Kind.ROW_LOCK: self._lock_rows,
            Kind.SLOW: self._slow_down,
            Kind.KILL_LOAD: self._kill_load,
            Kind.UP: self._up,
        }
        deeds[fault.kind](fault)

    def _processes(self, fault: Fault) -> list[RunningProcess]:
        found = [entry for entry in running_processes(self._pipeline.instance) if entry.name in fault.targets]
        names = {entry.name for entry in found}
        self.said += [f"{name} did not run at {fault.at:.1f} s" for name in fault.targets if name not in names]
        return found

    def _kill(self, fault: Fault) -> None:
        for entry in self._processes(fault):
            _quietly(entry.process.kill)
        if fault.seconds and not self._over.wait(fault.seconds):
            self._start(fault.targets)

    def _restart(self, fault: Fault) -> None:
        found = self._processes(fault)
        if "mysql" in fault.targets:
            # As `sluice up` and `sluice down` do.
            wake_disk_waits(self._pipeline.instance)
            kill_where_disk_is_full(self._pipeline.instance)
        for entry in found:
            _quietly(entry.process.terminate)
        _, alive = psutil.wait_procs([entry.process for entry in found], timeout=_TERM_SECONDS)
        for process in alive:  # as the kubelet does after the grace period
            _quietly(process.kill)
        self._start(fault.targets)

    def _start(self, names: Sequence[str]) -> None:
        """Start servers as the kubelet would; one that does not start is left to `sluice up`."""
        with self._up_is_free:
            for name in names:
                done = self._pipeline.start_server(name)
                if done.returncode:
                    self.said.append(f"{name} did not start again by itself: {done.stderr.strip()[-300:]}")

    def _pause(self, fault: Fault) -> None:
        found = self._processes(fault)
        try:
            for entry in found:
                _quietly(entry.process.suspend)
            self._over.wait(fault.seconds)
        finally:
            for entry in found:
                _quietly(entry.process.resume)

    def _slow_down(self, fault: Fault) -> None:
        found = self._processes(fault)
        until = time.monotonic() + fault.seconds
        while time.monotonic() < until and not self._over.is_set():
            try:
                for entry in found:
                    _quietly(entry.process.suspend)
                time.sleep(_STOPPED_SECONDS)
            finally:
                for entry in found:
                    _quietly(entry.process.resume)
            time.sleep(_GOING_SECONDS)

    def _disconnect(self, fault: Fault) -> None:
        (name,) = fault.targets
        try:
            if name == "mysql":
                self._disconnect_mysql()
            elif name == "redis":
                with self._admin.redis() as redis:
                    redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            else:
                self._pipeline.break_connections(name)
        except (pymysql.MySQLError, RedisError, OSError) as error:
            self.said.append(f"the connections of {name} were not broken at {fault.at:.1f} s: {error}")

    def _disconnect_mysql(self) -> None:
        with self._admin.mysql() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for someone to free%'"
            )
            if cursor.fetchone():  # a KILL would damage the binary log (docs/reliability.md)
                self.said.append("the connections of mysql were not broken: its disk was full")
                return
            cursor.execute("SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER <> ''")
            for (number,) in cursor.fetchall():
                try:
                    cursor.execute(f"KILL CONNECTION {number}")
                except pymysql.MySQLError:  # it has ended meanwhile, or belongs to the server itself
                    continue

    def _fill_disk(self, fault: Fault) -> None:
        (name,) = fault.targets
        with self._disks.full(name):
            self._over.wait(fault.seconds)

    def _lock_rows(self, fault: Fault) -> None:
        first, last = FIRST_UTIME, FIRST_UTIME + ROW_COUNT * PERIOD
        try:
            with self._admin.mysql() as connection, connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(
                    "SELECT utime FROM myDB.gps_fixes WHERE utime BETWEEN %s AND %s FOR UPDATE",
                    (first, last),
                )
                self._over.wait(fault.seconds)
                cursor.execute("ROLLBACK")
        except pymysql.MySQLError as error:
            self.said.append(f"the rows could not be locked for {fault.seconds:.1f} s: {error}")

    def _kill_load(self, fault: Fault) -> None:
        (kind,) = fault.targets
        until = time.monotonic() + _TERM_SECONDS
        while not self._loads[kind].kill() and time.monotonic() < until:
            if self._over.wait(_POLL_SECONDS):
                return

    def _up(self, fault: Fault) -> None:
        with self._up_is_free:
            done = self._pipeline.up()
        if "unexpected error" in done.stderr or "Traceback" in done.stderr:
            self.problems.append(f"sluice up ended with status {done.returncode}: {done.stderr[-400:]}")
        if done.returncode:
            self.said.append(f"sluice up at {fault.at:.1f} s ended with status {done.returncode}: {done.stderr[-200:]}")


def _quietly(deed: Callable[[], None]) -> None:
    """Do something to a process that may have ended meanwhile."""
    try:
        deed()
    except psutil.NoSuchProcess:
        return
