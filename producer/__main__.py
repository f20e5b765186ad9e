"""The loader as a program of its own, as its container runs it: `python -m producer gps SOURCE`."""

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console

from exits import Exit, SluiceError
from producer.command import add_load_arguments, run


def main(arguments: Sequence[str], *, env: Mapping[str, str]) -> Exit:
    """Run one command line; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m producer", description="Loads logs into Kafka.")
    add_load_arguments(parser.add_subparsers(title="what to load", metavar="KIND", required=True))
    args = parser.parse_args(arguments)
    errors = Console(stderr=True)
    try:
        return run(args, env=env, console=Console(), errors=errors)
    except SluiceError as error:
        errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return error.status


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: a pod is ended with it
    sys.exit(main(sys.argv[1:], env=os.environ))
