"""Runs a command again when the connection to its pod breaks: every command can safely run twice."""

from collections.abc import Callable

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console
from sluice.cluster.kubectl_exec import ConnectionBrokenError
from sluice.cluster.toolbox_pod import Toolbox

TIMES = 3
"""Maximum number of times that a command is started."""
WAIT_SECONDS = 420.0
"""Longest wait for a pod: by default Kubernetes replaces a pod of a dead node after 5 min 40 s."""


def run_with_retries(toolbox: Toolbox, run: Callable[[], Exit], *, read_once: bool = False) -> Exit:
    """Call `run` and return its exit status; if the connection breaks, wait for a pod and call it again, up to TIMES.

    Raises SluiceError if no pod can be reached within WAIT_SECONDS, and, with what to do, for a command that cannot be
    repeated: it has already printed something, or its source can be read only once (`read_once`).
    """
    for left in reversed(range(TIMES)):
        try:
            return run()
        except ConnectionBrokenError as broken:
            if not left or broken.output_shown or read_once:
                raise _give_up(broken, read_once=read_once) from broken
            _say(f"{broken}; waiting for a pod to run it again (at most {WAIT_SECONDS:.0f} s) …")
            toolbox.wait_until_reachable(seconds=WAIT_SECONDS)
            toolbox.end_earlier_run()
            _say("the cluster answers again; running the command from its beginning")
    raise AssertionError("the last call returns or raises")


def _give_up(broken: ConnectionBrokenError, *, read_once: bool) -> SluiceError:
    if broken.output_shown:
        then = "What it has printed is not all. Run it again"
    elif read_once:
        then = (
            "What it reads can be read only once, so it was not begun again. Run it again with the whole of its input"
        )
    else:
        then = f"It was begun {TIMES} times. `sluice --target … status` shows the cluster's problems"
    return SluiceError(
        f"{broken}. {then}. What was loaded stays, and to load it again changes nothing", status=broken.status
    )


def _say(text: str) -> None:
    Console(stderr=True).print(f"sluice: {text}", soft_wrap=True)
