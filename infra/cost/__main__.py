"""What `scripts/cost` runs."""

import os
import sys

from infra.cost.command import main
from program import run
from terminal import Console

run("cost", lambda: main(sys.argv[1:], env=os.environ, stdout=Console(), stderr=Console(stderr=True)))
