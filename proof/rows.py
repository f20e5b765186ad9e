"""The proof of a log: its rows against the database's."""

import time
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console

from place import Place
from producer.sources import open_source
from proof.answer import as_object
from proof.options import command_line
from proof.outcome import Question
from proof.page import Evidence, write_page
from proof.progress import ConsoleProgress
from proof.prove import Finding, prove
from proof.report import render
from proof.sink import ROWS_SINK, ConnectSink
from proof.surroundings import Surroundings, look_around
from proof.table import open_table
from proof.told import Told
from proof.verdict import judge


def prove_rows_of(args: Namespace, *, env: Mapping[str, str], console: Console, place: Place) -> Told:
    """Prove the log args.source and write the report; raises SluiceError as `proof.command.run` does."""
    began = time.monotonic()
    question = Question(absent=args.absent, allow_extra=args.allow_extra, wait_seconds=args.wait)
    sink = ConnectSink(place, ROWS_SINK)
    with (
        open_table(place.mysql) as table,
        open_source(args.source, env=env) as source,
        ConsoleProgress(console, quiet=args.json, of="rows") as progress,
    ):
        finding = prove(
            source.stream,
            name=source.name,
            table=table,
            sink=sink,
            question=question,
            limit=args.list,
            progress=progress,
        )
        surroundings = look_around(place, sink=sink, store=("Database", table.product))
        evidence = _evidence(args, question, finding, surroundings, seconds=time.monotonic() - began)
        write_page(render(evidence), args.output)
    return _told(evidence, args)


def _evidence(
    args: Namespace, question: Question, finding: Finding, surroundings: Surroundings, *, seconds: float
) -> Evidence[Finding]:
    return Evidence(
        question=question,
        verdict=judge(question=question, finding=finding, dead_letters=surroundings.dead_letters),
        finding=finding,
        surroundings=surroundings,
        made_at=datetime.now(UTC),
        seconds=seconds,
        command=command_line(args, finding.source.name),
    )


def _told(evidence: Evidence[Finding], args: Namespace) -> Told:
    comparison = evidence.finding.comparison
    return Told(
        verdict=evidence.verdict,
        counts=(
            f"compared {comparison.compared:,}, equal {comparison.equal:,}, missing {comparison.missing.count:,},"
            f" different {comparison.different.count:,}, extra {comparison.extra.count:,},"
            f" rejected {evidence.finding.source.rejected:,}"
        ),
        as_object=as_object(evidence, report=args.output.absolute()),
    )
