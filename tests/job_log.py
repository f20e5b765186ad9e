"""What a Job prints, from its first line to its last, though the connection to it breaks."""

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
"""Beyond the Job's own deadline, for the cluster to notice it."""
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
    """Show a Job's output as it comes; its container's exit status.

    A container has to have started before it can be followed, and a stream that breaks is taken up where it broke.
    Raises SluiceError where the container does not start within `start_seconds`, or ends after `end_seconds` only.
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
            log.show()  # what came after the stream broke
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
    """When the last line shown was written."""
    since: str = ""
    said: str = field(default="", repr=False)
    """What kubectl complained of last."""

    def state(self) -> dict[str, Any]:
        """The container's state as Kubernetes has it: waiting, running or terminated; empty where none is known."""
        done = self.kubectl.ask("get", "pods", "--selector", f"job-name={self.job}", "--output", "json")
        if done.returncode:
            self.said = done.stderr.strip()
            return {}
        statuses = [
            status for pod in json.loads(done.stdout)["items"] for status in pod["status"].get("containerStatuses", [])
        ]
        return statuses[0]["state"] if statuses else {}

    def why_not(self, state: dict[str, Any]) -> str:
        """Why a container waits, in Kubernetes' or kubectl's words."""
        waiting = state.get("waiting", {})
        words = [waiting.get("reason", ""), waiting.get("message", ""), self.said]
        return ": ".join(word for word in words if word) or f"kubectl describe job {self.job} says why"

    def show(self) -> None:
        """Show the lines that come after the last one shown, until the stream ends."""
        # A connection whose other end is gone without a word would be listened to for ever.
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
    """A timestamp that can be compared: its fraction has no trailing zeros as it is written."""
    seconds, _, fraction = stamp.rstrip("Z\n").partition(".")
    return seconds, fraction.ljust(9, "0")
