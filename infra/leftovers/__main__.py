"""Entry point of scripts/leftovers."""

import os
import sys

from infra.leftovers.command import Streams, main
from producer.runtime.run_program import run
from producer.runtime.terminal import Console


def _main() -> int:
    streams = Streams(stdin=sys.stdin, stdout=Console(), stderr=Console(stderr=True))
    return main(sys.argv[1:], env=os.environ, streams=streams)


run("leftovers", _main)
