"""`scripts/soak faults`: random faults while everything flows."""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from subprocess import SubprocessError

from producer.runtime.exit_status import Exit, SluiceError
from sluice.local.processes import free_port_base
from tests.faults.schedules.campaign import Settings, campaign
from tests.faults.schedules.schedule_figures import summarize, summary_lines

_EPILOG = "exit status: 0 all is well, 1 a schedule failed, 130 interrupted"


def main(arguments: Sequence[str]) -> int:
    """Parse the command line, run the schedules, and print their figures."""
    parser = argparse.ArgumentParser(prog="scripts/soak faults", description=__doc__, epilog=_EPILOG)
    parser.add_argument("--seed", type=int, help="seed of the schedules (default: a random one, printed)")
    parser.add_argument("--schedules", metavar="N", type=int, default=3, help="how many (default: %(default)s)")
    parser.add_argument("--first", metavar="N", type=int, default=1, help="number of the first (default: %(default)s)")
    parser.add_argument("--only", metavar="N", type=int, help="only this one")
    parser.add_argument("--longest-pause", metavar="S", type=float, default=60.0, help="(default: %(default)s s)")
    parser.add_argument(
        "--fewest-faults", metavar="N", type=int, default=1, help="of each schedule (default: %(default)s)"
    )
    parser.add_argument(
        "--heal-seconds",
        metavar="S",
        type=float,
        default=180.0,
        help="time in which everything must have healed (default: %(default)s)",
    )
    parser.add_argument(
        "--shrink-seconds", metavar="S", type=float, default=300.0, help="0: do not shrink (default: %(default)s)"
    )
    parser.add_argument("--port-base", metavar="N", type=int, help="first port of the pipeline (default: free ones)")
    parser.add_argument("--folder", type=Path, help="folder for state and logs (default: a temporary one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object; progress goes to standard error")
    options = parser.parse_args(arguments)
    given: Path | None = options.folder
    folder = given.absolute() if given else Path(tempfile.mkdtemp(prefix="sluice-faults-"))
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        seed=random.randrange(1_000_000) if options.seed is None else options.seed,
        numbers=[options.only] if options.only else range(options.first, options.first + options.schedules),
        longest_pause=options.longest_pause,
        fewest_faults=options.fewest_faults,
        heal_seconds=options.heal_seconds,
        shrink_seconds=options.shrink_seconds,
        port_base=options.port_base or free_port_base(),
        folder=folder,
    )
    return _run(settings, as_json=options.json, temporary=given is None)


def _run(settings: Settings, *, as_json: bool, temporary: bool) -> int:
    output = sys.stderr if as_json else sys.stdout

    def say(text: str) -> None:
        print(text, file=output, flush=True)

    say(f"seed {settings.seed}, in {settings.folder}")
    status: int = Exit.OK
    with campaign(settings, say=say) as running:
        try:
            running.run()
        except KeyboardInterrupt:
            say("interrupted")
            status = Exit.INTERRUPTED
        except (SluiceError, SubprocessError, OSError) as error:
            say(f"scripts/soak faults: {error}")
            status = Exit.FAILED
    summary = summarize(settings.seed, running.outcomes)
    if as_json:
        print(json.dumps({**summary, "each": [outcome.as_json() for outcome in running.outcomes]}, indent=2))
    for line in summary_lines(summary):
        say(line)
    if temporary and not summary["failed"]:
        shutil.rmtree(settings.folder, ignore_errors=True)
    return status or (Exit.FAILED if summary["failed"] else Exit.OK)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
