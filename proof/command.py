"""The command `sluice proof`: its arguments, and what it prints."""

import json
import shlex
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from exits import Exit, SluiceError
from place import Place
from producer.sources import SOURCES, open_source
from proof.answer import as_object
from proof.progress import ConsoleProgress
from proof.prove import Finding, prove
from proof.report import Evidence, write_report
from proof.sink import ConnectSink
from proof.surroundings import Surroundings, look_around
from proof.table import open_table
from proof.verdict import Question, judge

DEFAULT_REPORT = "proof.html"
DEFAULT_LIMIT = 20
DEFAULT_WAIT = 60.0


def add_arguments(parser: ArgumentParser) -> None:
    """Arguments of `sluice proof`."""
    parser.add_argument("source", metavar="SOURCE", help=f"the log that was loaded: {SOURCES}")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(DEFAULT_REPORT), metavar="FILE", help="the report (%(default)s)"
    )
    parser.add_argument(
        "--limit", type=_whole, default=DEFAULT_LIMIT, metavar="N", help="rows listed of each kind (%(default)s)"
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=DEFAULT_WAIT,
        metavar="SECONDS",
        help="how long to wait for the sink to catch up (%(default)g)",
    )
    parser.add_argument("--absent", action="store_true", help="prove instead that no row of SOURCE is in the table")
    parser.add_argument("--allow-extra", action="store_true", help="rows of other logs of the same time are no fault")
    parser.add_argument("--json", action="store_true", help="print one object, and no progress")


def run(args: Namespace, *, env: Mapping[str, str], console: Console, place: Place) -> Exit:
    """Prove, print the verdict and write the report. OK only if all is there and something was compared.

    Raises SluiceError: UNAVAILABLE where the database, Kafka or Connect is silent, and what the source raises.
    """
    try:
        evidence = _prove(args, env=env, console=console, place=place)
    except KeyboardInterrupt:
        if not args.json:
            console.print("interrupted: nothing is proven and no report was written")
        return Exit.INTERRUPTED
    _print(evidence, report=args.output.absolute(), console=console, as_json=args.json)
    return Exit.OK if evidence.verdict.ok else Exit.DIFFERENT


def _prove(args: Namespace, *, env: Mapping[str, str], console: Console, place: Place) -> Evidence:
    _check_output(args.output)
    began = time.monotonic()
    question = Question(absent=args.absent, allow_extra=args.allow_extra, wait_seconds=args.wait)
    sink = ConnectSink(place)
    with (
        open_table(place.mysql) as table,
        open_source(args.source, env=env) as source,
        ConsoleProgress(console, quiet=args.json) as progress,
    ):
        finding = prove(
            source.stream,
            name=source.name,
            table=table,
            sink=sink,
            question=question,
            limit=args.limit,
            progress=progress,
        )
        surroundings = look_around(place, sink=sink, product=table.product)
        evidence = _evidence(args, question, finding, surroundings, seconds=time.monotonic() - began)
        write_report(evidence, args.output)
    return evidence


def _evidence(
    args: Namespace, question: Question, finding: Finding, surroundings: Surroundings, *, seconds: float
) -> Evidence:
    verdict = judge(
        question=question,
        source=finding.source,
        comparison=finding.comparison,
        sink=finding.sink,
        dead_letters=surroundings.dead_letters,
    )
    return Evidence(
        question=question,
        verdict=verdict,
        finding=finding,
        surroundings=surroundings,
        made_at=datetime.now(UTC),
        seconds=seconds,
        command=_command(args, finding.source.name),
    )


def _print(evidence: Evidence, *, report: Path, console: Console, as_json: bool) -> None:
    if as_json:
        console.file.write(json.dumps(as_object(evidence, report=report), ensure_ascii=False) + "\n")
        console.file.flush()
        return
    verdict, comparison = evidence.verdict, evidence.finding.comparison
    style = "bold green" if verdict.ok else "bold red"
    console.print(Text(verdict.headline, style=style), soft_wrap=True)
    for reason in verdict.reasons:
        console.print(Text(f"  {reason}"), soft_wrap=True)
    console.print(
        Text(
            f"compared {comparison.compared:,}, equal {comparison.equal:,}, missing {comparison.missing.count:,},"
            f" different {comparison.different.count:,}, extra {comparison.extra.count:,},"
            f" rejected {evidence.finding.source.rejected:,}"
        ),
        soft_wrap=True,
    )
    console.print(Text(f"report: {report}"), soft_wrap=True)


def _command(args: Namespace, name: str) -> str:
    """The command line with the source's name as it may be shown: a URL can carry a password."""
    words = ["sluice", "proof", "-" if args.source == "-" else name]
    words += ["--wait", f"{args.wait:g}"] if args.wait != DEFAULT_WAIT else []
    words += ["--limit", str(args.limit)] if args.limit != DEFAULT_LIMIT else []
    words += ["--absent"] if args.absent else []
    words += ["--allow-extra"] if args.allow_extra else []
    words += ["--output", str(args.output)] if str(args.output) != DEFAULT_REPORT else []
    return shlex.join(words)


def _check_output(path: Path) -> None:
    if path.is_dir() or not path.absolute().parent.is_dir():
        why = "it is a folder" if path.is_dir() else "there is no such folder"
        raise SluiceError(f"the report cannot be written to {path}: {why}; choose another with -o", status=Exit.USAGE)


def _whole(text: str) -> int:
    if not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a number of rows")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
