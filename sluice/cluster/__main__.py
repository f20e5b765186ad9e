"""Problems of a cluster, for scripts/kind-up: `python -m sluice.cluster --context NAME [--namespace NAME] [--follow]`.

Printed once, or with --follow each new problem as it comes up, until the program is ended.
"""

import signal
import sys
import time
from collections.abc import Callable, Sequence

from producer.runtime.run_program import run
from producer.runtime.terminal import Console, argument_parser
from sluice.cluster.cluster_problems import Kubectl, Problem, find_problems
from sluice.cluster.cluster_status import as_text
from sluice.cluster.toolbox_pod import NAMESPACE, Toolbox

POLL_SECONDS = 5.0


def main(arguments: Sequence[str]) -> int:
    """Print the problems; return 1 if there are any."""
    parser = argument_parser(prog="python -m sluice.cluster", description=__doc__)
    parser.add_argument("--context", required=True)
    parser.add_argument("--namespace", default=NAMESPACE)
    parser.add_argument("--follow", action="store_true")
    args = parser.parse_args(arguments)
    toolbox = Toolbox(context=args.context, namespace=args.namespace)
    console = Console()
    if args.follow:
        # scripts/kind-up ends it by SIGTERM: it must end at once and print nothing.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        follow(toolbox.kubectl, say=lambda line: console.print(line, soft_wrap=True))
    problems = find_problems(toolbox.kubectl)
    console.print(as_text(problems))
    return 1 if problems.found else 0


def follow(kubectl: Kubectl, *, say: Callable[[str], None], wait: Callable[[float], None] = time.sleep) -> None:
    """Report each problem once, when it is found twice in a row: while a cluster starts many are gone in seconds."""
    before: set[Problem] = set()
    reported: set[str] = set()
    while True:
        found = find_problems(kubectl).found
        for problem in found:
            if problem.resource not in reported and any(problem.resource == other.resource for other in before):
                reported.add(problem.resource)
                say(f"problem in the cluster: {problem.resource}: {problem.text}")
        # A problem that is gone is reported again when it comes back.
        reported &= {problem.resource for problem in found}
        before = set(found)
        wait(POLL_SECONDS)


if __name__ == "__main__":
    run("cluster", lambda: main(sys.argv[1:]))
