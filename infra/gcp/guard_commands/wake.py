"""scripts/wake: brings the nodes back that the guard has stopped, for a time."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.console import Console

from infra.gcp.guard_commands.guard_command import after, arguments, google, guarded_of, promised, run
from infra.gcp.guard_commands.guarded_cluster import Guarded
from infra.gcp.guard_function.sluice_guard.clock import Clock, Job
from infra.gcp.guard_function.sluice_guard.gke import Change, Cluster, Gke
from infra.gcp.guard_function.sluice_guard.google_requests import Api, OutOfTimeError, Patience
from producer.runtime import terminal
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run as run_program

_ABOUT = "Bring back the nodes that the guard has stopped. For HOURS a used-up budget does not stop them again."
_WAIT_SECONDS = 20 * 60


def wake(api: Api, guarded: Guarded, *, until: datetime, patience: Patience) -> tuple[str, ...]:
    """Make the node pools what the stack's settings want; the names of those that were not.

    The clock is set first: it would stop them again half-way. Raises ApiError, and SluiceError where there is no
    cluster, where a pool is missing, or where it takes too long.
    """
    gke = Gke(api, project=guarded.project, location=guarded.location, cluster=guarded.cluster)
    sizes, scaling = _changes(_found(gke, guarded), guarded)
    Job(api=api, name=guarded.clock_job).write(Clock(until=until, awake=True))
    changed: list[str] = []
    try:
        # A pool that scales itself could be on its way to another size already.
        gke.change(sizes, patience=patience, accepted=changed)
        gke.change(scaling, patience=patience, accepted=changed)
    except OutOfTimeError as error:
        raise SluiceError(
            f"the cluster is still busy: {error}. What was begun goes on there; run scripts/wake again for the rest",
            status=Exit.INCOMPLETE,
        ) from error
    return tuple(dict.fromkeys(changed))


def _found(gke: Gke, guarded: Guarded) -> Cluster:
    cluster = gke.cluster()
    if cluster is None:
        raise SluiceError(
            f"there is no cluster {guarded.cluster} in {guarded.location} of {guarded.project}: pulumi up makes one",
            status=Exit.UNAVAILABLE,
        )
    there = {pool.name for pool in cluster.pools}
    if missing := sorted(set(guarded.pools) - there):
        raise SluiceError(
            f"the cluster {guarded.cluster} has no node pool {', '.join(missing)}: pulumi up --refresh makes it",
            status=Exit.UNAVAILABLE,
        )
    return cluster


def _changes(cluster: Cluster, guarded: Guarded) -> tuple[list[Change], list[Change]]:
    """Sizes, then limits, of the pools that are not as they should be. One that scales itself is awake."""
    asleep = [(pool, guarded.pools[pool.name]) for pool in cluster.pools if pool.name in guarded.pools]
    asleep = [(pool, wanted) for pool, wanted in asleep if not pool.scales_itself]
    sizes = [Change.size(pool.name, wanted.nodes) for pool, wanted in asleep if not pool.nodes and wanted.nodes]
    return sizes, [Change.autoscaling(pool.name, wanted.autoscaling) for pool, wanted in asleep if wanted.autoscaling]


def main(given: Sequence[str], *, env: Mapping[str, str], stdout: Console, stderr: Console) -> Exit:
    """Run scripts/wake; its exit status."""
    args = arguments(given, program="wake", about=_ABOUT)

    def command() -> None:
        guarded = guarded_of(args, env=env)
        until = after(args.hours, now=datetime.now(UTC))
        stdout.print(f"Waking {guarded.cluster}; this takes some minutes.", highlight=False)
        with google(guarded, env=env) as api:
            changed = wake(api, guarded, until=until, patience=Patience(_WAIT_SECONDS))
        said = f"Node pools brought back: {', '.join(changed)}." if changed else "The node pools were awake."
        stdout.print(f"{said} All data are where they were; the pods start by themselves:", highlight=False)
        stdout.print("  kubectl --namespace sluice get pods", highlight=False)
        stdout.print(promised(guarded, until), highlight=False)

    return run(command, program="wake", console=stderr)


if __name__ == "__main__":
    run_program(
        "wake",
        lambda: main(sys.argv[1:], env=os.environ, stdout=terminal.Console(), stderr=terminal.Console(stderr=True)),
    )
