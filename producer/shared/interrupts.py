"""Signals that end a load in an orderly way: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed."""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def ending_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that end a command; SIGHUP stays ignored where it is, as by nohup."""
    hang_up_is_ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return tuple(number for number in _SIGNALS if number != signal.SIGHUP or not hang_up_is_ignored)


class StopLoadError(Exception):
    """Raised to end a load: records already sent are still waited for, unless it is raised again."""


class Interrupts:
    """Context in which ending_signals() make check() raise StopLoadError: once for each, for SIGHUP only once.

    `say` prints a message at the first one.
    """

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._received = 0
        self._raised = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # the only one that may set handlers
            self._before = {number: signal.signal(number, self._count) for number in ending_signals()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise StopLoadError if a signal has come since the last time."""
        if self._received > self._raised:
            self._raised += 1
            if self._raised == 1:
                self._say("stopping; waiting for Kafka to acknowledge what was sent (again to stop waiting)")
            raise StopLoadError

    def _count(self, number: int, _frame: FrameType | None) -> None:
        # A terminal that is closed sends it twice: by the system, and by its shell.
        self._received = max(1, self._received) if number == signal.SIGHUP else self._received + 1
