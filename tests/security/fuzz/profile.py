"""How often and within which bounds hostile input is tried: seconds in CI, longer by `scripts/soak fuzz`.

In CI the examples are the same for the same sources and the same tests: Hypothesis also tries constants of the modules
that are loaded. `scripts/soak fuzz` sets EXAMPLES in the environment: then each test tries so many, which its seed
chooses.
"""

import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if sys.platform != "win32":
    import resource

EXAMPLES = "SLUICE_FUZZ_EXAMPLES"
"""Environment variable: examples of each test."""
MEGABYTES, SECONDS = 768, 30
"""What one example may take. A machine that is busy is slow, so the time only finds what does not end."""


class UnboundedTimeError(BaseException):
    """An example took longer than SECONDS. No Exception: programs handle those."""


def fuzz(examples: int, **strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorate a test to be run on so many `examples` in CI, each within the bounds of memory and time."""
    long = int(os.environ.get(EXAMPLES, "0"))

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
        chosen = settings(
            max_examples=long or examples,
            derandomize=not long,
            database=None,
            deadline=None,
            suppress_health_check=checks,
        )
        return chosen(given(**strategies)(test))

    return decorate


@contextmanager
def bounded(*, megabytes: int = MEGABYTES, seconds: int = SECONDS) -> Generator[None]:
    """Raise MemoryError in the context beyond so much more memory (Linux only), UnboundedTimeError after so long."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise UnboundedTimeError(f"not finished after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        with _limited_memory(megabytes << 20):
            yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _limited_memory(size: int) -> Generator[None]:
    statm = Path("/proc/self/statm")
    if not statm.exists():  # macOS does not keep to RLIMIT_AS
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(statm.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
