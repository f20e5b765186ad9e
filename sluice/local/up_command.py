"""Runs the commands `sluice up` and `sluice down`, and prints their results. sluice/cli.py has their arguments."""

import resource
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping

from producer.runtime.exit_status import Exit
from producer.runtime.terminal import Console, write_json
from sluice.local.instance import Instance, state_folder
from sluice.local.up import UpResult, down, up

_NEXT = "next: sluice load gps SOURCE, sluice load images SOURCE, sluice status, sluice console, sluice proof SOURCE"


def run_up(args: Namespace, *, env: Mapping[str, str], console: Console, errors: Console) -> Exit:
    """Start the local pipeline and return the exit status; raises SluiceError if a server does not start.

    Prints state folder and duration (with --json also endpoints and problems) to `console`, progress and problems to
    `errors`.
    """
    begun = time.monotonic()
    # A core dump of a server would hold every password in its memory; the servers inherit this limit.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    result = up(
        state_folder(args.state, env),
        port_base=args.port_base,
        workers=args.workers,
        redis_megabytes=args.redis_memory,
        env=env,
        say=_print_progress(begun, errors),
    )
    _print_result(result, time.monotonic() - begun, as_json=args.json, console=console, errors=errors)
    return result.status


def run_down(args: Namespace, *, env: Mapping[str, str], errors: Console) -> Exit:
    """Stop the local pipeline and return the exit status; raises SluiceError if there is no instance."""
    down(Instance.open(state_folder(args.state, env)), purge=args.purge, say=_print_progress(time.monotonic(), errors))
    return Exit.OK


def _print_result(result: UpResult, seconds: float, *, as_json: bool, console: Console, errors: Console) -> None:
    state = str(result.instance.state)
    problems = [problem.text for problem in result.problems]
    if as_json:
        variables = result.instance.endpoint_variables()
        endpoints = {name: value for name, value in variables.items() if "PASSWORD" not in name}
        summary = {"state": state, "seconds": seconds, "endpoints": endpoints, "troubles": problems}
        write_json(summary, sys.stdout, indent=2)
    elif problems:
        console.print(f"up in {seconds:.1f} s, in {state}, but not all of it works", soft_wrap=True)
    else:
        console.print(f"up in {seconds:.1f} s, in {state}", soft_wrap=True)
        console.print(_NEXT)
    for text in problems:
        errors.print_error(f"sluice: {text}")


def _print_progress(begun: float, errors: Console) -> Callable[[str], None]:
    """Return a function that prints a line of progress, with the seconds since `begun` before it."""
    return lambda text: errors.print(f"{time.monotonic() - begun:6.1f} s  {text}", soft_wrap=True)
