"""The command scripts/wake: restores the node pools that the guard has scaled to zero, for a time."""

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
from infra.gcp.guard_commands.guarded_cluster import GuardedCluster
from infra.gcp.guard_function.sluice_guard.clock import ClockSetting, SchedulerJob
from infra.gcp.guard_function.sluice_guard.gke import Cluster, Gke, PoolChange
from infra.gcp.guard_function.sluice_guard.google_requests import ApiClient, OutOfTimeError, WaitLimit
from producer.runtime import terminal
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run

_ABOUT = "Restore the nodes that the guard has stopped. For HOURS a used-up budget does not stop them again."
_WAIT_SECONDS = 20 * 60


def wake(api: ApiClient, guarded: GuardedCluster, *, until: datetime, wait_limit: WaitLimit) -> tuple[str, ...]:
    """Scale the node pools to the sizes of the stack's settings; return the names of those that were changed.

    The clock is set first, or it could stop them again meanwhile. Raises ApiError; SluiceError if the cluster or a pool
    is missing, or `wait_limit` is exceeded.
    """
    gke = Gke(api, project=guarded.project, location=guarded.location, cluster=guarded.cluster)
    sizes, scaling = _changes(_read_cluster(gke, guarded), guarded)
    SchedulerJob(api=api, name=guarded.clock_job).write(ClockSetting(until=until, awake=True))
    changed: list[str] = []
    try:
        # A pool that scales itself could be on its way to another size already.
        gke.apply(sizes, wait_limit=wait_limit, accepted=changed)
        gke.apply(scaling, wait_limit=wait_limit, accepted=changed)
    except OutOfTimeError as error:
        raise SluiceError(
            f"the cluster is still busy: {error}. Started operations continue; run scripts/wake again for the rest",
            status=Exit.INCOMPLETE,
        ) from error
    return tuple(dict.fromkeys(changed))


def _read_cluster(gke: Gke, guarded: GuardedCluster) -> Cluster:
    cluster = gke.read_cluster()
    if cluster is None:
        raise SluiceError(
            f"there is no cluster {guarded.cluster} in {guarded.location} of {guarded.project}. "
            "pulumi up creates it; where the guard has deleted it (guard.deleteAfterDays), scripts/forget-cluster "
            "first, and then pulumi up --refresh",
            status=Exit.UNAVAILABLE,
        )
    existing = {pool.name for pool in cluster.pools}
    if missing := sorted(set(guarded.pools) - existing):
        raise SluiceError(
            f"the cluster {guarded.cluster} has no node pool {', '.join(missing)}: pulumi up --refresh creates it",
            status=Exit.UNAVAILABLE,
        )
    return cluster


def _changes(cluster: Cluster, guarded: GuardedCluster) -> tuple[list[PoolChange], list[PoolChange]]:
    """Return the changes of size, then of autoscaling, for pools at zero. A pool that autoscales is not stopped."""
    stopped = [(pool, guarded.pools[pool.name]) for pool in cluster.pools if pool.name in guarded.pools]
    stopped = [(pool, size) for pool, size in stopped if not pool.autoscaled]
    sizes = [PoolChange.size(pool.name, size.nodes) for pool, size in stopped if not pool.nodes and size.nodes]
    limits = [PoolChange.autoscaling(pool.name, size.autoscaling) for pool, size in stopped if size.autoscaling]
    return sizes, limits


def main(arguments: Sequence[str], *, env: Mapping[str, str], stdout: Console, stderr: Console) -> Exit:
    """Run scripts/wake; return its exit status."""
    args = parse_arguments(arguments, program="wake", about=_ABOUT)

    def command() -> None:
        guarded = load_guarded_cluster(args, env=env)
        until = time_in(args.hours, now=datetime.now(UTC))
        stdout.print(f"Restoring the nodes of {guarded.cluster}; this takes some minutes.", highlight=False)
        with google_client(guarded, env=env) as api:
            changed = wake(api, guarded, until=until, wait_limit=WaitLimit(_WAIT_SECONDS))
        result = f"Node pools restored: {', '.join(changed)}." if changed else "No node pool was stopped."
        stdout.print(f"{result} No data is lost; the pods start by themselves:", highlight=False)
        stdout.print("  kubectl --namespace sluice get pods", highlight=False)
        stdout.print(describe_stop(guarded, until), highlight=False)

    return run_command(command, program="wake", console=stderr)


if __name__ == "__main__":
    run(
        "wake",
        lambda: main(sys.argv[1:], env=os.environ, stdout=terminal.Console(), stderr=terminal.Console(stderr=True)),
    )
