"""Program of one proof that the console has started: `python -m sluice.console.proof_process`.

Its command line is a line of JSON on standard input, for others can see arguments, and a URL may hold a password. It
ends like `sluice proof` at Ctrl-C when standard input is closed: by the console, or because the console was killed.
"""

import json
import os
import signal
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from producer.runtime.exit_status import Exit
from producer.runtime.run_program import run as run_program
from producer.runtime.terminal import Console
from sluice.proof.command import add_arguments, run
from sluice.proof.shared.proof_notes import ProofNotes
from sluice.view.endpoints import Endpoints


def main() -> Exit:
    """Prove what standard input says; the pipeline is that of the environment."""
    task: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_interrupt_at_end, daemon=True).start()
    parser = ArgumentParser()
    add_arguments(parser)
    return run(
        parser.parse_args(task["arguments"]),
        env=os.environ,
        console=Console(),
        endpoints=Endpoints.from_env(os.environ),
        notes=ProofNotes(Path(task["folder"])),
    )


def _interrupt_at_end() -> None:
    # By its number: sys.stdin has a lock, which a thread that waits for ever would hold at the end.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    run_program("sluice", main)
