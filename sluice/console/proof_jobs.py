"""Runs a proof for the console, one at a time, and knows its progress."""

import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, cast

from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.source_location import display_path, file_descriptor
from sluice.console.shown_pipeline import ShownPipeline
from sluice.proof.shared.proof_notes import ProofNotes

PATIENCE = 10.0
"""Seconds that a proof has to end after it was cancelled."""
MAX_WAIT = 3600
MAX_SOURCE = 4096
_MAX_LINE, _MAX_RESULT = 64 << 10, 32 << 20
PROGRAM = (sys.executable, "-m", "sluice.console.proof_process")
EXPECTATIONS = {"all": (), "some": ("--allow-extra",), "none": ("--absent",)}
"""What can be proven, and the option of `sluice proof` for it."""


@dataclass
class ProofJob:
    """A proof that was started here, running or ended."""

    identity: str
    source: str
    """For display: without secrets."""
    began: float
    progress: dict[str, Any]
    """Of the last line that the program wrote: stage, items, count, total."""
    errors: str = ""
    status: int | None = None
    """Exit status; None as long as it runs."""
    headline: str = ""
    reasons: Sequence[str] = ()
    report: str | None = None
    cancelled: bool = False
    ended: float | None = None

    def as_object(self) -> dict[str, Any]:
        """Return the job as JSON types."""
        return {
            "id": self.identity,
            "source": self.source,
            "seconds": round((self.ended or time.monotonic()) - self.began),
            "running": self.status is None,
            "cancelled": self.cancelled,
            "progress": self.progress,
            "status": self.status,
            "headline": self.headline,
            "reasons": list(self.reasons),
            "report": self.report,
        }


class ProofJobs:
    """Proofs that the console starts: at most one runs."""

    def __init__(self, pipeline: ShownPipeline, *, program: Sequence[str] = PROGRAM) -> None:
        self._pipeline = pipeline
        self._program = program
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._job: ProofJob | None = None

    def newest(self) -> dict[str, Any] | None:
        """Return the proof that runs, or the last that has ended, as JSON types; None if none was started."""
        return self._job.as_object() if self._job else None

    def start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Start the proof that a page asks for; raises SluiceError (USAGE) if it cannot be, or if one runs."""
        arguments, source = read_request(request)
        folder = ProofNotes(self._pipeline.proofs_folder).make_folder()
        with self._lock:
            if self._job is not None and self._job.status is None:
                raise SluiceError(
                    f"a proof of {self._job.source} is running; wait for its end, or cancel it", status=Exit.USAGE
                )
            job = ProofJob(
                identity=uuid.uuid4().hex,
                source=display_path(source, env={}),
                began=time.monotonic(),
                progress={"stage": "starting"},
            )
            report = folder / f"report-{job.identity}.html"
            arguments = ["--json", "--progress", "--output", str(report), *arguments, "--", source]
            process = self._open()
            self._job, self._process = job, process
        task = json.dumps({"arguments": arguments, "folder": str(folder)})
        with suppress(OSError):  # it has ended at once; its status says so
            stdin = cast(IO[bytes], process.stdin)
            stdin.write(f"{task}\n".encode())
            stdin.flush()
        threading.Thread(target=_attend, args=(job, process), daemon=True).start()
        return job.as_object()

    def cancel(self, identity: str) -> None:
        """End the proof of this identity if it runs; it ends by itself soon, as at Ctrl-C."""
        with self._lock:
            job, process = self._job, self._process
            if job is None or process is None or job.identity != identity or job.status is not None:
                raise SluiceError("this proof does not run any more", status=Exit.USAGE)
            if job.cancelled:
                return
            job.cancelled = True
        with suppress(OSError):
            cast(IO[bytes], process.stdin).close()
        threading.Thread(target=_kill_after, args=(process, PATIENCE), daemon=True).start()

    def _open(self) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                self._program,
                env=dict(self._pipeline.variables()),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl-C in the terminal ends the console, and with it the program's standard input.
                start_new_session=True,
                umask=0o077,
            )
        except OSError as error:
            raise SluiceError(f"a proof cannot be started: {error.strerror}") from error


def read_request(request: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the options and the source of what a page asks for; raises SluiceError (USAGE)."""
    source, wait, expect = request.get("source"), request.get("wait", 60), request.get("expect", "all")
    if not isinstance(source, str) or not source.strip():
        raise SluiceError("a proof needs a source: a path on the console's machine, or a URL", status=Exit.USAGE)
    source = source.strip()
    if len(source) > MAX_SOURCE or "\0" in source or not _is_encodable(source):
        raise SluiceError("the source is neither a path nor a URL", status=Exit.USAGE)
    if file_descriptor(source) is not None:
        raise SluiceError(
            f"{source} is not a source that the console can read; name a file or a folder", status=Exit.USAGE
        )
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait <= MAX_WAIT:
        raise SluiceError(f"the time to wait is a number of seconds from 0 to {MAX_WAIT}", status=Exit.USAGE)
    if not isinstance(expect, str) or expect not in EXPECTATIONS:
        raise SluiceError(f"what to prove is one of {', '.join(EXPECTATIONS)}", status=Exit.USAGE)
    return ["--wait", f"{wait:g}", *EXPECTATIONS[expect]], source


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _attend(job: ProofJob, process: "subprocess.Popen[bytes]") -> None:
    """Follow a proof to its end."""
    errors = threading.Thread(target=_follow, args=(job, cast(IO[bytes], process.stderr)), daemon=True)
    errors.start()
    with cast(IO[bytes], process.stdout) as stdout:
        result = stdout.read(_MAX_RESULT)
    status = process.wait()
    errors.join(PATIENCE)
    job.headline, job.reasons, job.report = _outcome(job, status, result)
    job.ended = time.monotonic()
    # Last: then all is known.
    job.status = status if status >= 0 else int(Exit.INTERRUPTED if job.cancelled else Exit.FAILED)


def _follow(job: ProofJob, stream: IO[bytes]) -> None:
    """Read the lines of standard error: progress, and the sentence of an error."""
    while line := stream.readline(_MAX_LINE):
        try:
            step = json.loads(line)
        except ValueError:
            step = None
        if isinstance(step, dict):
            job.progress = step
        else:
            job.errors = (job.errors + line.decode(errors="replace"))[-_MAX_LINE:]
    stream.close()


def _outcome(job: ProofJob, status: int, result: bytes) -> tuple[str, Sequence[str], str | None]:
    """Return the sentence of a proof that has ended, its reasons, and the path of its report."""
    with suppress(ValueError, KeyError, TypeError):
        found = json.loads(result)
        return str(found["headline"]), [str(reason) for reason in found["reasons"]], str(found["report"])
    if job.cancelled or status == Exit.INTERRUPTED:
        return "The proof was cancelled: nothing is proven, and no report was written.", (), None
    sentence = job.errors.strip().removeprefix("sluice: ")
    return sentence or f"The proof has ended with status {status} and has said nothing.", (), None


def _kill_after(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
