"""Cleaning up that a second Ctrl-C does not end."""

import signal
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def no_interrupts() -> Generator[None]:
    """Ignore Ctrl-C while a pipeline is taken down: it would leave its processes."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
