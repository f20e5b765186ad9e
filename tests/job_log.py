"""Streams the complete log of a Kubernetes Job, also when the connection breaks."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

from producer.runtime.exit_status import Exit, SluiceError
from tests.kubectl import Kubectl

_PAUSE = 1.0
_GRACE_SECONDS = 60
"""Time after the Job's deadline for the cluster to end it."""
_STREAM_SECONDS = 300
_Instant = tuple[str, str]


def follow(
    kubectl: Kubectl,
    job: str,
    *,
    start_seconds: float,
    end_seconds: float,
    to: TextIO = sys.stdout,
    pause: float = _PAUSE,
) -> int:
    """Write a Job's output to `to` as it comes and return its container's exit status.

    Waits for the container to start; resumes a broken stream after the last line shown. Raises SluiceError if the
    container does not start within `start_seconds` or does not end within `end_seconds`.
    """
    begin = time.monotonic()
    log = _Log(kubectl=kubectl, job=job, to=to)
    while "running" not in (state := log.state()) and "terminated" not in state:
        if time.monotonic() - begin > start_seconds:
            raise SluiceError(
                f"the container of the Job {job} has not started within {start_seconds:.0f} s: {log.why_not(state)}",
                status=Exit.UNAVAILABLE,
            )
        time.sleep(pause)
    while True:
        log.show()
        state = log.state()
        if "terminated" in state:
            log.show()  # lines after the stream broke
            return int(state["terminated"]["exitCode"])
        if time.monotonic() - begin > end_seconds + _GRACE_SECONDS:
            raise SluiceError(f"the Job {job} was not at its end after {end_seconds:.0f} s", status=Exit.INCOMPLETE)
        time.sleep(pause)


@dataclass(kw_only=True)
class _Log:
    """The output of a Job's only pod, up to the last line shown."""

    kubectl: Kubectl
    job: str
    to: TextIO
    last: _Instant = ("", "")
    """Time of the last line shown."""
    since: str = ""
    error: str = field(default="", repr=False)
    """Last error message of kubectl."""

    def state(self) -> dict[str, Any]:
        """Return the container's state (waiting, running or terminated); empty if unknown."""
        done = self.kubectl.run("get", "pods", "--selector", f"job-name={self.job}", "--output", "json")
        if done.returncode:
            self.error = done.stderr.strip()
            return {}
        statuses = [
            status for pod in json.loads(done.stdout)["items"] for status in pod["status"].get("containerStatuses", [])
        ]
        return statuses[0]["state"] if statuses else {}

    def why_not(self, state: dict[str, Any]) -> str:
        """Return why a container waits, in the words of Kubernetes or kubectl."""
        waiting = state.get("waiting", {})
        words = [waiting.get("reason", ""), waiting.get("message", ""), self.error]
        return ": ".join(word for word in words if word) or f"kubectl describe job {self.job} says why"

    def show(self) -> None:
        """Write the lines after the last one shown, until the stream ends."""
        # With a timeout: a connection that was dropped silently would block for ever.
        options = [
            "--follow",
            "--timestamps",
            f"--request-timeout={_STREAM_SECONDS}s",
            *([f"--since-time={self.since}"] if self.since else []),
        ]
        command = self.kubectl.command("logs", f"job/{self.job}", *options)
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
        ) as process:
            assert process.stdout
            for line in process.stdout:
                stamp, _, text = line.partition(" ")
                if (instant := _instant(stamp)) > self.last:
                    self.last, self.since = instant, stamp
                    self.to.write(text)
                    self.to.flush()


def _instant(stamp: str) -> _Instant:
    """Return a comparable timestamp: Kubernetes omits trailing zeros of the fraction."""
    seconds, _, fraction = stamp.rstrip("Z\n").partition(".")
    return seconds, fraction.ljust(9, "0")
