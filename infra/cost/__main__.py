"""Entry point of scripts/cost."""

import os
import sys

from infra.cost.command import main
from producer.runtime.run_program import run
from producer.runtime.terminal import Console

run("cost", lambda: main(sys.argv[1:], env=os.environ, stdout=Console(), stderr=Console(stderr=True)))
