"""`sluice status` on a cluster: what the pipeline's parts answer, asked in a pod, and what the cluster complains of."""

import json
from argparse import Namespace
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, TextIOWrapper
from typing import IO, Any

from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from producer.runtime.exit_status import Exit, SluiceError
from producer.runtime.terminal import Console, format_json
from sluice.cluster.cluster_problems import Problems, find_problems
from sluice.cluster.exec_retry import run_with_retries
from sluice.cluster.toolbox_pod import Toolbox

_ONE_LINE = 1_000
"""Columns: a program that reads it finds each complaint on a line."""


def run_status(toolbox: Toolbox, arguments: Sequence[str], args: Namespace, *, stdout: IO[bytes], tty: bool) -> Exit:
    """Print both; UNAVAILABLE if a part is silent or a pod is not ready, FAILED if something is not as it should be.

    Where no pod answers, what the cluster complains of is printed all the same. On a terminal (`tty`) the command
    has it. Raises SluiceError where there is nothing to print: no cluster, or no pipeline in it.
    """
    if args.watch and args.json:
        return _ask(toolbox, arguments, stdout=_WithComplaints(toolbox, stdout))
    with ThreadPoolExecutor(max_workers=1) as pool:
        asked = pool.submit(find_problems, toolbox.kubectl)
        try:
            if args.json:
                return _print_object(toolbox, arguments, asked.result, stdout=stdout)
            status = _ask(toolbox, arguments, stdout=None if tty else stdout)
        except SluiceError as error:
            complaints = asked.result()
            if not complaints.found:
                raise
            _print(complaints, stdout=stdout)
            raise SluiceError(str(error), status=Exit.UNAVAILABLE) from error
        if status is Exit.INTERRUPTED:
            return status
        # What the cluster said before a watch began is of no interest after it.
        complaints = find_problems(toolbox.kubectl) if args.watch else asked.result()
    _print(complaints, stdout=stdout)
    return _together(status, complaints)


def _ask(toolbox: Toolbox, arguments: Sequence[str], *, stdout: IO[bytes] | None) -> Exit:
    """Let the parts answer to `stdout`, None for this terminal."""
    toolbox.check()
    if stdout is None:
        return run_with_retries(toolbox, lambda: toolbox.interactive(arguments))
    try:
        return run_with_retries(
            toolbox, lambda: toolbox.run(arguments, variables={}, feed=None, stdout=stdout, shown={})
        )
    finally:
        toolbox.clean()


def _print_object(
    toolbox: Toolbox, arguments: Sequence[str], complaints: Callable[[], Problems], *, stdout: IO[bytes]
) -> Exit:
    answered = BytesIO()
    try:
        status = _ask(toolbox, arguments, stdout=answered)
    except SluiceError as error:
        if not complaints().found:
            raise
        status, told = Exit.UNAVAILABLE, json.dumps({"problems": [str(error)]}).encode()
    else:
        told = answered.getvalue()
    return _write(told, status, complaints(), stdout=stdout)


def _write(line: bytes, status: Exit, complaints: Problems, *, stdout: IO[bytes]) -> Exit:
    """Write the parts' object with what the cluster complains of; what is no object is written as it is."""
    try:
        told: dict[str, Any] = json.loads(line)
    except ValueError:
        stdout.write(line)
    else:
        status = _together(Exit[told.get("exit", status.name)], complaints)
        told |= {"exit": status.name, "cluster": complaints.as_object}
        stdout.write(format_json(told).encode() + b"\n")
    stdout.flush()
    return status


def _together(status: Exit, complaints: Problems) -> Exit:
    """What the parts say of themselves comes first."""
    return status or complaints.exit


class _WithComplaints(BytesIO):
    """Takes the parts' objects, a line each, and writes them with what the cluster complains of then."""

    def __init__(self, toolbox: Toolbox, stdout: IO[bytes]) -> None:
        super().__init__()
        self._toolbox = toolbox
        self._stdout = stdout

    def write(self, line: Any) -> int:
        _write(line, Exit.OK, find_problems(self._toolbox.kubectl), stdout=self._stdout)
        return len(line)


def _print(complaints: Problems, *, stdout: IO[bytes]) -> None:
    tty = stdout.isatty()
    console = Console(file=TextIOWrapper(BytesIO()), force_terminal=tty, width=None if tty else _ONE_LINE)
    with console.capture() as text:
        console.print(as_text(complaints))
    # Not by the console itself: where nobody reads any more it ends the program with a status of its own.
    stdout.write(text.get().encode())
    stdout.flush()


def as_text(complaints: Problems) -> Group:
    """The complaints for a person, a paragraph each."""
    if not complaints.found and not complaints.silent:
        return Group(Text.assemble(("Cluster", "bold"), "  complains of nothing"))
    heading = Text.assemble(("Cluster", "bold"), f"  {_count(len(complaints.found))}")
    found = [Text.assemble((entry.about, "bold red"), f"  {entry.says}") for entry in complaints.found]
    silent = [Text(sentence, style="yellow") for sentence in complaints.silent]
    return Group(heading, *(Padding(line, (0, 0, 0, 2), expand=False) for line in [*found, *silent]))


def _count(number: int) -> str:
    if number == 1:
        return "complains of one thing"
    return f"complains of {number} things" if number else "complains of nothing that could be seen"
