"""The command scripts/extend: sets the time at which the guard stops the nodes."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console

from infra.gcp.guard_commands.guard_command import (
    describe_stop,
    google_client,
    load_guarded_cluster,
    parse_arguments,
    run_command,
    time_in,
)
from infra.gcp.guard_function.sluice_guard.budget_message import UnreadableError
from infra.gcp.guard_function.sluice_guard.clock import ClockSetting, SchedulerJob
from infra.gcp.guard_function.sluice_guard.google_requests import ApiClient
from producer.runtime import terminal
from producer.runtime.exit_status import Exit
from producer.runtime.run_program import run

_ABOUT = "Set the time at which the guard stops the nodes to HOURS from now, later or sooner than before."


def extend(api: ApiClient, *, clock_job: str, hours: float, now: datetime) -> ClockSetting:
    """Set the clock to `hours` from `now`, and keep its override of the budget (scripts/wake); raises ApiError."""
    job = SchedulerJob(api=api, name=clock_job)
    try:
        awake = job.read().overrides_budget(now)
    except UnreadableError:  # it is overwritten
        awake = False
    clock = ClockSetting(until=time_in(hours, now=now), awake=awake)
    job.write(clock)
    return clock


def main(arguments: Sequence[str], *, env: Mapping[str, str], stdout: Console, stderr: Console) -> Exit:
    """Run scripts/extend; return its exit status."""
    args = parse_arguments(arguments, program="extend", about=_ABOUT)

    def command() -> None:
        guarded = load_guarded_cluster(args, env=env)
        with google_client(guarded, env=env) as api:
            clock = extend(api, clock_job=guarded.clock_job, hours=args.hours, now=datetime.now(UTC))
        if clock.until:
            stdout.print(describe_stop(guarded, clock.until), highlight=False)
            stdout.print("If they are stopped already: scripts/wake HOURS restores them.", highlight=False)

    return run_command(command, program="extend", console=stderr)


if __name__ == "__main__":
    run(
        "extend",
        lambda: main(sys.argv[1:], env=os.environ, stdout=terminal.Console(), stderr=terminal.Console(stderr=True)),
    )
