"""Runs `sluice load` again and again until told to stop, and records what it must have brought."""

import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from producer.runtime.exit_status import Exit
from tests.faults.schedules.draw_schedule import Schedule
from tests.faults.schedules.expected_state import Expected
from tests.faults.schedules.traffic import Traffic
from tests.faults.schedules.traffic_plan import (
    LoadKind,
    LoadPlan,
    image_bytes,
    image_digest,
    image_key,
    image_path,
    log_line,
    plan_load,
    row,
    utime,
)
from tests.run_sluice import SLUICE

_MAY_END = (Exit.OK, Exit.INCOMPLETE, Exit.UNAVAILABLE)
"""Exit statuses of a load during a fault: docs/producer.md says that it can then be started again."""
_PIPED_PARTS = 20
_PAUSE_SECONDS = 0.5
"""Before a load that failed is started again."""
_SMALLEST_COUNT = 2
"""Loads of each schedule, at least."""
_KILLED = -9


class LoadTraffic(Traffic):
    """Loads of one kind, one after the other, in a thread."""

    def __init__(
        self,
        kind: LoadKind,
        *,
        schedule: Schedule,
        first_version: int,
        expected: Expected,
        env: Mapping[str, str],
        folder: Path,
    ) -> None:
        super().__init__(f"load-{kind}", unfinished=f"the load of {kind} did not end")
        self.kind: LoadKind = kind
        self.next_version = first_version
        self.sent = 0
        """Rows or images of loads that were acknowledged."""
        self._generator = schedule.generator(kind)
        self._expected, self._env, self._folder = expected, env, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._killed = False

    def kill(self) -> bool:
        """Kill the running load with SIGKILL; return whether one was running."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                return False
            self._killed = True
            self._process.kill()
            return True

    def _cut_off(self) -> None:
        self.kill()

    def _run(self) -> None:
        count = 0
        while not self._given_up.is_set() and (count < _SMALLEST_COUNT or not self._over.is_set()):
            self._load(plan_load(self._generator, self.kind, self.next_version))
            self.next_version += 1
            count += 1

    def _load(self, plan: LoadPlan) -> None:
        """Load once, and again after a failure, as a user would."""
        while not self._given_up.is_set():
            status, errors = self._load_once(plan)
            self._record(plan, acknowledged=status == Exit.OK)
            if status == Exit.OK:
                self.sent += len(plan.keys)
                return
            if status == _KILLED and self._killed:
                if not plan.again:
                    return
            elif status not in _MAY_END or "unexpected error" in errors or "Traceback" in errors:
                self.problems.append(f"a load of {self.kind} ended with status {status}: {errors.strip()[-400:]}")
            self._given_up.wait(_PAUSE_SECONDS)

    def _load_once(self, plan: LoadPlan) -> tuple[int, str]:
        source = self._write_source(plan)
        options = ["--tombstones"] if plan.tombstones else []
        if self.kind == "rows":
            options += ["--format", plan.row_format, "--rejects", str(self._folder / "rows.rejects.csv")]
        else:
            options += ["--max-bytes", "all", "--rejects", str(self._folder / "images.rejects.csv")]
        piped = plan.slow_seconds > 0
        command = [SLUICE, "--target", "external", "load", "gps" if self.kind == "rows" else "images"]
        log = self._folder / f"load-{self.kind}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, "-" if piped else str(source), *options],
                env=self._env,
                cwd=self._folder,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
            )
            with self._lock:
                self._killed = False
                self._process = process
                if self._given_up.is_set():
                    process.kill()
            if piped:
                self._feed(process, source, seconds=plan.slow_seconds)
            status = process.wait()
        return status, log.read_text(errors="replace")

    def _feed(self, process: "subprocess.Popen[bytes]", source: Path, *, seconds: float) -> None:
        """Write the log or archive into the pipe, spread over the time."""
        assert process.stdin
        content = source.read_bytes()
        size = -(-len(content) // _PIPED_PARTS)
        try:
            with process.stdin as pipe:
                for first in range(0, len(content), size):
                    pipe.write(content[first : first + size])
                    pipe.flush()
                    time.sleep(seconds / _PIPED_PARTS)
        except BrokenPipeError:  # the load has ended: its status says why
            return

    def _write_source(self, plan: LoadPlan) -> Path:
        if self.kind == "rows":
            path = self._folder / "gps.csv"
            path.write_text("".join(log_line(utime(number), row(number, plan.version)) for number in plan.keys))
            return path
        if plan.slow_seconds:
            path = self._folder / "images.tar"
            with tarfile.open(path, "w") as tar:
                for number in plan.keys:
                    content = image_bytes(number, plan.version)
                    member = tarfile.TarInfo(image_path(number))
                    member.size = len(content)
                    tar.addfile(member, BytesIO(content))
            return path
        folder = self._folder / "images"
        shutil.rmtree(folder, ignore_errors=True)
        for number in plan.keys:
            path = folder / image_path(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image_bytes(number, plan.version))
        return folder

    def _record(self, plan: LoadPlan, *, acknowledged: bool) -> None:
        version = plan.version
        if self.kind == "rows":
            rows = {utime(number): None if plan.tombstones else row(number, version) for number in plan.keys}
            state = self._expected.rows
            (state.loaded if acknowledged else state.killed)(rows)
            return
        digests = {number: image_digest(number, version) for number in plan.keys}
        self._expected.files |= {digest: (number, version) for number, digest in digests.items()}
        images = {image_key(number): None if plan.tombstones else digest for number, digest in digests.items()}
        state = self._expected.images
        (state.loaded if acknowledged else state.killed)(images)
