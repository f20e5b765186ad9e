"""What `scripts/cost` runs."""

import os
import sys

from rich.console import Console

from infra.cost.command import main

sys.exit(main(sys.argv[1:], env=os.environ, stdout=Console(), stderr=Console(stderr=True)))
