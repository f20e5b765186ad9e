"""scripts/extend: sets the time at which the guard stops the nodes."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console

from infra.gcp.guard_commands.guard_command import after, arguments, google, guarded_of, promised, run
from infra.gcp.guard_function.sluice_guard.budget_message import UnreadableError
from infra.gcp.guard_function.sluice_guard.clock import Clock, Job
from infra.gcp.guard_function.sluice_guard.google_requests import Api
from producer.runtime import terminal
from producer.runtime.exit_status import Exit
from producer.runtime.run_program import run as run_program

_ABOUT = "Let the guard's clock stop the nodes HOURS from now: later, or sooner, than it would have."


def extend(api: Api, *, clock_job: str, hours: float, now: datetime) -> Clock:
    """Set the clock; what scripts/wake has said about the budget still counts. Raises ApiError."""
    job = Job(api=api, name=clock_job)
    try:
        awake = job.read().overrides_budget(now)
    except UnreadableError:  # it is written anew
        awake = False
    clock = Clock(until=after(hours, now=now), awake=awake)
    job.write(clock)
    return clock


def main(given: Sequence[str], *, env: Mapping[str, str], stdout: Console, stderr: Console) -> Exit:
    """Run scripts/extend; its exit status."""
    args = arguments(given, program="extend", about=_ABOUT)

    def command() -> None:
        guarded = guarded_of(args, env=env)
        with google(guarded, env=env) as api:
            clock = extend(api, clock_job=guarded.clock_job, hours=args.hours, now=datetime.now(UTC))
        if clock.until:
            stdout.print(promised(guarded, clock.until), highlight=False)
            stdout.print("Are they stopped already? scripts/wake HOURS brings them back.", highlight=False)

    return run(command, program="extend", console=stderr)


if __name__ == "__main__":
    run_program(
        "extend",
        lambda: main(sys.argv[1:], env=os.environ, stdout=terminal.Console(), stderr=terminal.Console(stderr=True)),
    )
