"""`scripts/soak fuzz [PART …] [--seed N] [--seconds N]`: the tests of this folder with many more examples.

A part is a module, such as gps_logs; java is the Java tests with random values. Each part gets its share of the time,
in rounds of one seed each. Prints every round; a failure prints the seed, and Hypothesis' smallest example.
Exit status: 0 nothing found, 1 something was, 2 a mistake in the command line, 130 interrupted.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.security.fuzz.profile import EXAMPLES

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
JAVA = "java"
PARTS = (*sorted(path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")), JAVA)
FIRST_EXAMPLES, MOST_EXAMPLES = 200, 20_000
HANGS_AFTER = 600
"""Seconds without an end after which a round counts as hanging; each example has limits of its own."""


def main(arguments: Sequence[str]) -> int:
    """Run the parts until the time is over; return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/soak fuzz", description="Hostile input, for as long as you like.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31), help="first seed (default: any)")
    parser.add_argument("--seconds", type=int, default=1_200, help="time for all parts (default: %(default)s)")
    args = parser.parse_args(arguments)
    parts = args.parts or PARTS
    print(f"seed {args.seed}, {args.seconds} s for {len(parts)} parts", flush=True)
    found = [part for part in parts if not soak(part, seed=args.seed, seconds=args.seconds / len(parts))]
    print(f"found something: {', '.join(found)}" if found else "found nothing", flush=True)
    return int(bool(found))


def soak(part: str, *, seed: int, seconds: float) -> bool:
    """Run rounds of a part, each with more examples than the one before; return whether all passed."""
    begun, examples = time.monotonic(), FIRST_EXAMPLES
    while (spent := time.monotonic() - begun) < seconds or examples == FIRST_EXAMPLES:
        round_begun = time.monotonic()
        status = run_round(part, seed=seed, examples=examples)
        took = time.monotonic() - round_begun
        print(f"{part}: seed {seed}, {examples} examples a test, {took:.0f} s: {'passed' if not status else 'FAILED'}")
        sys.stdout.flush()
        if status:
            print(f"again: scripts/soak fuzz {part} --seed {seed}", flush=True)
            return False
        seed += 1
        rest = seconds - spent - took
        factor = max(0.2, min(4.0, rest / max(took, 1.0)))
        examples = min(MOST_EXAMPLES, max(FIRST_EXAMPLES + 1, int(examples * factor)))
    return True


def run_round(part: str, *, seed: int, examples: int) -> int:
    """Run one round in a process of its own, which a crash ends alone; return its exit status."""
    test = ROOT / "tests/unit/connect/test_plugins.py" if part == JAVA else HERE / f"test_{part}.py"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", str(test)]
    env = {**os.environ, EXAMPLES: str(examples), "FUZZ_SEED": str(seed), "PYTHONFAULTHANDLER": "1"}
    process = subprocess.Popen([*command, f"--hypothesis-seed={seed}"], cwd=ROOT, env=env, start_new_session=True)
    try:
        return process.wait(timeout=HANGS_AFTER)
    except subprocess.TimeoutExpired:
        print(f"{part}: no end after {HANGS_AFTER} s", flush=True)
        return 1
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(130)
