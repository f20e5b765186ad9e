"""What the cluster complains of, for scripts/kind-up: `python -m cluster --context NAME [--namespace NAME] [--follow]`.

Once, or with --follow each new complaint as it comes up, until it is ended.
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

LOOK_SECONDS = 5.0


def main(arguments: Sequence[str]) -> int:
    """Print the complaints; 1 where there are any."""
    parser = argument_parser(prog="python -m cluster", description=__doc__)
    parser.add_argument("--context", required=True)
    parser.add_argument("--namespace", default=NAMESPACE)
    parser.add_argument("--follow", action="store_true")
    args = parser.parse_args(arguments)
    toolbox = Toolbox(context=args.context, namespace=args.namespace)
    console = Console()
    if args.follow:
        # At once, and without a word, as scripts/kind-up ends it.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        follow(toolbox.kubectl, say=lambda line: console.print(line, soft_wrap=True))
    complaints = find_problems(toolbox.kubectl)
    console.print(as_text(complaints))
    return 1 if complaints.found else 0


def follow(kubectl: Kubectl, *, say: Callable[[str], None], wait: Callable[[float], None] = time.sleep) -> None:
    """Say each complaint once, when two looks in a row have found it: much passes while a cluster comes up."""
    before: set[Problem] = set()
    said: set[str] = set()
    while True:
        found = find_problems(kubectl).found
        for complaint in found:
            if complaint.about not in said and any(complaint.about == other.about for other in before):
                said.add(complaint.about)
                say(f"the cluster complains: {complaint.about}: {complaint.says}")
        # What is well again may be said once more.
        said &= {complaint.about for complaint in found}
        before = set(found)
        wait(LOOK_SECONDS)


if __name__ == "__main__":
    run("cluster", lambda: main(sys.argv[1:]))
