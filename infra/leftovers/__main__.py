"""What `scripts/leftovers` runs."""

import os
import sys

from rich.console import Console

from infra.leftovers.command import Streams, main

sys.exit(
    main(
        sys.argv[1:],
        env=os.environ,
        streams=Streams(stdin=sys.stdin, stdout=Console(), stderr=Console(stderr=True)),
    )
)
