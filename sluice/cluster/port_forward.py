"""A port of this machine that leads to the same port of a pod, by `kubectl port-forward`.

kubectl ends when the connection breaks, and often when only a browser has broken one off: it is started again.
"""

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO, cast

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console
from sluice.cluster.kubectl_exec import error_reason
from sluice.cluster.toolbox_pod import Toolbox

RETRY_SECONDS = 60.0
"""How long a broken connection is tried again."""
_PAUSE_SECONDS = 0.5
_START_SECONDS = 30.0
"""Timeout until the port is open: a dead node does not answer at all."""
_END_SECONDS = 5.0
_OPEN = b"Forwarding from"
_KEPT_LINES = 20
_TAKEN = "unable to listen on"
_FORBIDDEN = "pods/portforward"
_POD_GONE = "not found"


class PortTakenError(SluiceError):
    """Another program listens on the port of this machine."""


class PortForward:
    """Forwards one port of 127.0.0.1 to a pod, in the thread that calls `run`, until another calls `close`."""

    def __init__(self, toolbox: Toolbox) -> None:
        self._toolbox = toolbox
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()

    def run(self, port: int, *, opened: Callable[[], None]) -> None:
        """Forward the port until `close`, and call `opened` whenever it is open.

        Raises PortTakenError, and SluiceError if the port cannot be forwarded at first, or no more for RETRY_SECONDS.
        """
        broken_at: float | None = None
        while True:
            was_open, reason = self._forward(port, opened)
            if self._closed.is_set():
                return
            if was_open:
                broken_at = time.monotonic()
                Console(stderr=True).print(
                    f"sluice: the connection to the page broke ({reason or 'kubectl ended'}); connecting again …",
                    soft_wrap=True,
                )
            elif broken_at is None or time.monotonic() - broken_at > RETRY_SECONDS or _is_final(reason):
                raise self._error(port, reason)
            self._closed.wait(_PAUSE_SECONDS)

    def close(self) -> None:
        """End kubectl; `run` returns. Can be called again, and before `run`."""
        with self._lock:
            self._closed.set()
            process = self._process
        if process:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _forward(self, port: int, opened: Callable[[], None]) -> tuple[bool, str]:
        """Run kubectl to its end; return whether the port was open, and why it ended."""
        process = self._start(port)
        if process is None:
            return False, ""
        was_open, lines = False, deque[str](maxlen=_KEPT_LINES)
        late = threading.Timer(_START_SECONDS, process.kill)
        late.daemon = True
        late.start()
        with process:
            for line in cast(IO[bytes], process.stdout):
                if not was_open and line.startswith(_OPEN):
                    was_open = True
                    late.cancel()
                    opened()
                elif not line.startswith((_OPEN, b"Handling connection")):
                    lines.append(line.decode(errors="replace"))
        timed_out = late.finished.is_set() and not was_open
        late.cancel()
        return was_open, f"it does not answer within {_START_SECONDS:.0f} s" if timed_out else error_reason(lines)

    def _start(self, port: int) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._closed.is_set():
                return None
            self._process = self._toolbox.forward(port)
            return self._process

    def _error(self, port: int, reason: str) -> SluiceError:
        if _TAKEN in reason:
            return PortTakenError(
                f"port {port} cannot be used: another program listens there. Choose another with --port",
                status=Exit.USAGE,
            )
        if _FORBIDDEN in reason:
            return SluiceError(
                f"your user of the cluster may not forward a port to a pod: {reason}. It needs the verbs create and "
                f"get for pods/portforward in the namespace {self._toolbox.namespace}, beside those for pods/exec",
                status=Exit.UNAVAILABLE,
            )
        if _POD_GONE in reason:
            return self._toolbox.gone_error()
        return SluiceError(
            f"port {port} could not be forwarded to {self._toolbox.pod}: {reason or 'kubectl ended'}. "
            "`sluice --target … status` shows the cluster's problems",
            status=Exit.UNAVAILABLE,
        )


def _is_final(reason: str) -> bool:
    return any(words in reason for words in (_TAKEN, _FORBIDDEN, _POD_GONE))
