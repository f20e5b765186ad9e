"""`sluice status` on a cluster: the status of the pipeline's parts, queried in a pod, and the cluster's problems."""

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
"""Width of the output in columns if it is no terminal, so that each problem is one line."""


def run_status(toolbox: Toolbox, arguments: Sequence[str], args: Namespace, *, stdout: IO[bytes], tty: bool) -> Exit:
    """Print the status of the parts, and the cluster's problems; return an exit status.

    It is UNAVAILABLE if a part does not answer or a pod is not ready, FAILED if a connector has failed or a resource is
    not ready. If no pod answers, only the cluster's problems are printed. With `tty` the command in the pod has this
    terminal. Raises SluiceError if there is nothing to print: no cluster, or no pipeline in it.
    """
    if args.watch and args.json:
        return _run_in_pod(toolbox, arguments, stdout=_AddProblems(toolbox, stdout))
    with ThreadPoolExecutor(max_workers=1) as pool:
        query = pool.submit(find_problems, toolbox.kubectl)
        try:
            if args.json:
                return _print_object(toolbox, arguments, query.result, stdout=stdout)
            status = _run_in_pod(toolbox, arguments, stdout=None if tty else stdout)
        except SluiceError as error:
            problems = query.result()
            if not problems.found:
                raise
            _print(problems, stdout=stdout)
            raise SluiceError(str(error), status=Exit.UNAVAILABLE) from error
        if status is Exit.INTERRUPTED:
            return status
        # After --watch the problems found at its beginning are out of date.
        problems = find_problems(toolbox.kubectl) if args.watch else query.result()
    _print(problems, stdout=stdout)
    return _combine(status, problems)


def _run_in_pod(toolbox: Toolbox, arguments: Sequence[str], *, stdout: IO[bytes] | None) -> Exit:
    """Run the command in a pod with its output to `stdout`, None for this terminal; return its exit status."""
    toolbox.check()
    if stdout is None:
        return run_with_retries(toolbox, lambda: toolbox.interactive(arguments))
    try:
        return run_with_retries(
            toolbox, lambda: toolbox.run(arguments, variables={}, write_stdin=None, stdout=stdout, local_paths={})
        )
    finally:
        toolbox.clean()


def _print_object(
    toolbox: Toolbox, arguments: Sequence[str], problems: Callable[[], Problems], *, stdout: IO[bytes]
) -> Exit:
    output = BytesIO()
    try:
        status = _run_in_pod(toolbox, arguments, stdout=output)
    except SluiceError as error:
        if not problems().found:
            raise
        status, line = Exit.UNAVAILABLE, json.dumps({"problems": [str(error)]}).encode()
    else:
        line = output.getvalue()
    return _write(line, status, problems(), stdout=stdout)


def _write(line: bytes, status: Exit, problems: Problems, *, stdout: IO[bytes]) -> Exit:
    """Write the JSON object `line` with the cluster's problems added (no JSON: unchanged); return the exit status."""
    try:
        fields: dict[str, Any] = json.loads(line)
    except ValueError:
        stdout.write(line)
    else:
        status = _combine(Exit[fields.get("exit", status.name)], problems)
        fields |= {"exit": status.name, "cluster": problems.as_object}
        stdout.write(format_json(fields).encode() + b"\n")
    stdout.flush()
    return status


def _combine(status: Exit, problems: Problems) -> Exit:
    """Return the exit status of the pipeline's parts or, if that is OK, of the cluster's problems."""
    return status or problems.exit


class _AddProblems(BytesIO):
    """A binary stream that takes JSON objects, a line each, and writes them to `stdout` with the cluster's problems."""

    def __init__(self, toolbox: Toolbox, stdout: IO[bytes]) -> None:
        super().__init__()
        self._toolbox = toolbox
        self._stdout = stdout

    def write(self, line: Any) -> int:
        _write(line, Exit.OK, find_problems(self._toolbox.kubectl), stdout=self._stdout)
        return len(line)


def _print(problems: Problems, *, stdout: IO[bytes]) -> None:
    tty = stdout.isatty()
    console = Console(file=TextIOWrapper(BytesIO()), force_terminal=tty, width=None if tty else _ONE_LINE)
    with console.capture() as text:
        console.print(as_text(problems))
    # Not by the console itself, so that producer/runtime/run_program.py handles a broken pipe.
    stdout.write(text.get().encode())
    stdout.flush()


def as_text(problems: Problems) -> Group:
    """Return the problems for display, a paragraph each."""
    if not problems.found and not problems.unanswered:
        return Group(Text.assemble(("Cluster", "bold"), "  no problems"))
    heading = Text.assemble(("Cluster", "bold"), f"  {_count(len(problems.found))}")
    found = [Text.assemble((problem.resource, "bold red"), f"  {problem.text}") for problem in problems.found]
    unanswered = [Text(sentence, style="yellow") for sentence in problems.unanswered]
    return Group(heading, *(Padding(line, (0, 0, 0, 2), expand=False) for line in [*found, *unanswered]))


def _count(number: int) -> str:
    if number == 1:
        return "1 problem"
    return f"{number} problems" if number else "no problems, as far as could be read"
