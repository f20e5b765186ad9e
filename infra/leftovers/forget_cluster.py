"""The command scripts/forget-cluster: removes a cluster that does not exist any more from Pulumi's state.

`pulumi destroy` fails without its cluster: Pulumi's Kubernetes provider cannot tell one that is gone from one that is
out of reach (infra/workloads/target_cluster.py, DELETE_UNREACHABLE).
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

from rich.console import Console

from infra.gcp.gke_clusters import ClusterName, cluster_status
from infra.gcp.google_api import Google
from infra.leftovers.command import Streams
from infra.leftovers.existing_cluster import no_answer
from infra.leftovers.stack_state import CLAIMS, GKE_CLUSTER, PROVIDER, StackState, StateResource
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run
from producer.runtime.terminal import Console as Terminal
from producer.runtime.terminal import argument_parser

_NODE_POOL = "gcp:container/nodePool:NodePool"


def main(arguments: Sequence[str], *, env: Mapping[str, str], streams: Streams) -> Exit:
    """Parse and run one command line; return the exit status: 1 where the cluster exists."""
    args = _parser().parse_args(arguments)
    try:
        return _run(args, env, streams)
    except SluiceError as error:
        _say(streams.stderr, f"forget-cluster: {error}", style="red")
        return error.status
    except KeyboardInterrupt:
        _say(streams.stderr, "forget-cluster: interrupted")
        return Exit.INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argument_parser(
        prog="scripts/forget-cluster",
        description="Remove a cluster that does not exist any more, and everything that was in it, from Pulumi's state,"
        " so that `pulumi destroy` and `pulumi up` work again. It changes nothing where the cluster exists: GKE is"
        " asked, or, for another cluster, its API server must not answer and you confirm that it is gone.",
        epilog="For GKE it uses your credentials: gcloud auth application-default login",
    )
    parser.add_argument("--stack", default="gke", help="the Pulumi stack (default: gke)")
    parser.add_argument("--yes", action="store_true", help="do not ask; for a cluster on GKE only")
    return parser


def _run(args: argparse.Namespace, env: Mapping[str, str], streams: Streams) -> Exit:
    state = StackState.read(args.stack, env=env)
    condemned = state.of_type(GKE_CLUSTER, _NODE_POOL, CLAIMS, PROVIDER)
    if not condemned:
        _say(streams.stdout, f"The state of the stack {args.stack} has no cluster: nothing to remove.")
        return Exit.OK
    gke = state.of_type(GKE_CLUSTER, CLAIMS)
    confirmed = _gke_cluster_gone(args, gke, env, streams) if gke else _other_cluster_gone(args, state, env, streams)
    if not confirmed:
        _say(streams.stdout, "Nothing was removed.")
        return Exit.FAILED
    state.remove(condemned)
    _say(streams.stdout, _next_steps(args.stack, _count_removed(state), on_google=bool(gke)))
    return Exit.OK


def _gke_cluster_gone(
    args: argparse.Namespace, resources: Sequence[StateResource], env: Mapping[str, str], streams: Streams
) -> bool:
    """Return whether the user confirms; raises SluiceError if GKE has the cluster, or cannot be asked."""
    name = _cluster_name(resources[0])
    google = Google.signed_in(env, project=name.project, sleep=streams.sleep)
    if status := cluster_status(google, name):
        raise SluiceError(
            f"GKE has the cluster {name}, status {status}; nothing was changed. `pulumi destroy --stack {args.stack}` "
            "deletes everything in order. If that cannot reach the cluster: gcloud auth login, and gcloud auth "
            "application-default login"
        )
    _say(streams.stdout, f"GKE has no cluster {name}.")
    return args.yes or _answer(streams, "Remove it and what was in it from Pulumi's state? [y/N] ") in ("y", "yes")


def _cluster_name(resource: StateResource) -> ClusterName:
    """The cluster of a resource of the state: the cluster itself, or the wait for its disks."""
    inputs = resource["inputs"]
    return ClusterName(
        project=inputs["project"], location=inputs["location"], cluster=inputs.get("cluster") or inputs["name"]
    )


def _other_cluster_gone(args: argparse.Namespace, state: StackState, env: Mapping[str, str], streams: Streams) -> bool:
    """Return whether the user confirms; raises SluiceError if the cluster answers, or it cannot be told."""
    context = str(state.of_type(PROVIDER)[0]["inputs"].get("context", ""))
    said = no_answer(context, env=env)
    _say(streams.stdout, f"The cluster of the context {context} does not answer: {said}")
    if args.yes:
        raise SluiceError(
            "--yes is for a cluster on GKE, which says itself what exists. Run it on a terminal, without --yes",
            status=Exit.USAGE,
        )
    _say(streams.stdout, "If it still exists, its pipeline and disks go on, and Pulumi does not know them any more.")
    return _answer(streams, f"If it is gone for good, type {context}: ") == context


def _answer(streams: Streams, question: str) -> str:
    _say(streams.stdout, question, end="")
    return streams.stdin.readline().strip()


def _count_removed(before: StackState) -> int:
    return len(before.resources) - len(StackState.read(before.stack, env=before.env).resources)


def _next_steps(stack: str, removed: int, *, on_google: bool) -> str:
    def steps(*commands: str) -> list[str]:
        wanted = commands if on_google else (command for command in commands if "scripts/leftovers" not in command)
        return [f"  {command.replace('STACK', stack)}" for command in wanted]

    return "\n".join(
        [
            f"{removed} resources were removed from the state of the stack {stack}. To remove the rest of the stack:",
            *steps(
                "pulumi destroy --stack STACK",
                "scripts/leftovers --stack STACK     # finds the old cluster's disks, which outlive it",
            ),
            "To create everything again, without the old data:",
            *steps(
                "scripts/leftovers --stack STACK     # say yes for the old cluster's disks only",
                "pulumi up --refresh --stack STACK",
            ),
        ]
    )


def _say(console: Console, text: str, *, end: str = "\n", style: str | None = None) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True, end=end, style=style)


def _main() -> int:
    streams = Streams(stdin=sys.stdin, stdout=Terminal(), stderr=Terminal(stderr=True), sleep=time.sleep)
    return main(sys.argv[1:], env=os.environ, streams=streams)


if __name__ == "__main__":
    run("forget-cluster", _main)
