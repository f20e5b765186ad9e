"""The proof of a log: its rows against the database's."""

import time
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from producer.gps.open_log import open_log
from producer.shared.output_files import source_id
from producer.sources.stored_bytes import StoredBytes
from sluice.proof.gps.json_result import as_object
from sluice.proof.gps.prove import Finding, prove
from sluice.proof.gps.report import render
from sluice.proof.gps.table_rows import open_table
from sluice.proof.gps.verdict import judge
from sluice.proof.shared.html_page import Evidence
from sluice.proof.shared.options import command_line
from sluice.proof.shared.outcome import Question
from sluice.proof.shared.pipeline_versions import PipelineVersions, look_around
from sluice.proof.shared.proof_progress import ConsoleProgress
from sluice.proof.shared.report_file import write_report
from sluice.proof.shared.sink_progress import ROWS_SINK, ConnectSink
from sluice.proof.shared.summary import Summary
from sluice.view.endpoints import Endpoints


def prove_rows_of(
    args: Namespace, *, env: Mapping[str, str], console: Console, endpoints: Endpoints, raw: StoredBytes | None = None
) -> Summary:
    """Prove the log args.source and write the report; raises SluiceError as `sluice.proof.command.run` does.

    `raw` is the source where it has been opened already.
    """
    began = time.monotonic()
    question = Question(absent=args.absent, allow_extra=args.allow_extra, wait_seconds=args.wait)
    sink = ConnectSink(endpoints, ROWS_SINK)
    with (
        open_table(endpoints.mysql) as table,
        open_log(args.source, env=env, raw=raw) as source,
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
        surroundings = look_around(endpoints, sink=sink, store=("Database", table.product))
        evidence = _evidence(args, question, finding, surroundings, env=env, seconds=time.monotonic() - began)
        report = write_report(render(evidence), args.output)
    return _told(evidence, report)


def _evidence(
    args: Namespace,
    question: Question,
    finding: Finding,
    surroundings: PipelineVersions,
    *,
    env: Mapping[str, str],
    seconds: float,
) -> Evidence[Finding]:
    return Evidence(
        question=question,
        verdict=judge(question=question, finding=finding, dead_letters=surroundings.dead_letters),
        finding=finding,
        surroundings=surroundings,
        made_at=datetime.now(UTC),
        seconds=seconds,
        command=command_line(args, finding.source.name),
        source_id=source_id(args.source, env=env),
    )


def _told(evidence: Evidence[Finding], report: Path) -> Summary:
    comparison = evidence.finding.comparison
    return Summary(
        verdict=evidence.verdict,
        counts=(
            f"compared {comparison.compared:,}, equal {comparison.equal:,}, missing {comparison.missing.count:,},"
            f" different {comparison.different.count:,}, extra {comparison.extra.count:,},"
            f" rejected {evidence.finding.source.rejected:,}"
        ),
        as_object=as_object(evidence, report=report.absolute()),
        report=report,
    )
