"""`python -m producer gps SOURCE`: the loader without the `sluice` command, as its container runs it."""

import os
import sys
from collections.abc import Mapping, Sequence

from producer.command import add_load_arguments, run
from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.run_program import run as run_program
from producer.runtime.terminal import Console, argument_parser


def main(arguments: Sequence[str], *, env: Mapping[str, str]) -> Exit:
    """Run the command line `arguments`; returns the exit status."""
    parser = argument_parser(prog="python -m producer", description="Load GPS logs and images into Kafka.")
    add_load_arguments(parser.add_subparsers(title="what to load", metavar="KIND", required=True))
    args = parser.parse_args(arguments)
    errors = Console(stderr=True)
    try:
        return run(args, env=env, console=Console(), errors=errors)
    except SluiceError as error:
        errors.print_error(str(error))
        return error.status


if __name__ == "__main__":
    run_program("producer", lambda: main(sys.argv[1:], env=os.environ))
