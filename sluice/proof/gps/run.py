"""Runs the proof of a GPS log: opens source, table and sink, proves, writes the report."""

import time
from argparse import Namespace
from collections.abc import Mapping

from producer.gps.open_log import open_log
from producer.runtime.terminal import Console
from producer.sources.stored_bytes import StoredBytes
from sluice.proof.gps.json_result import to_json
from sluice.proof.gps.prove import RowProofResult, prove_rows
from sluice.proof.gps.report import render
from sluice.proof.gps.table_rows import open_table
from sluice.proof.gps.verdict import judge_rows
from sluice.proof.shared.pipeline_versions import read_pipeline_versions
from sluice.proof.shared.proof_arguments import ProofOptions
from sluice.proof.shared.proof_progress import open_progress
from sluice.proof.shared.proof_report import ProofSummary, build_report
from sluice.proof.shared.report_file import write_report
from sluice.proof.shared.sink_progress import ROWS_SINK, ConnectSink
from sluice.view.endpoints import Endpoints


def run_rows_proof(
    args: Namespace, *, env: Mapping[str, str], console: Console, endpoints: Endpoints, raw: StoredBytes | None = None
) -> ProofSummary:
    """Prove the log args.source and write the report; raises SluiceError as `sluice.proof.command.run` does.

    `raw` is the source where it has been opened already.
    """
    began = time.monotonic()
    options = ProofOptions.from_args(args)
    sink = ConnectSink(endpoints, ROWS_SINK)
    with (
        open_table(endpoints.mysql) as table,
        open_log(args.source, env=env, raw=raw) as source,
        open_progress(args, console=console, items="rows") as progress,
    ):
        result = prove_rows(
            source.stream,
            name=source.name,
            table=table,
            sink=sink,
            options=options,
            limit=args.list,
            progress=progress,
        )
        pipeline = read_pipeline_versions(endpoints, sink=sink, store=("Database", table.product))
        proof = build_report(
            args,
            env=env,
            options=options,
            result=result,
            source_name=result.source.name,
            verdict=judge_rows(options=options, result=result, dead_letters=pipeline.dead_letters),
            pipeline=pipeline,
            began=began,
        )
        path = write_report(render(proof), args.output)
    return ProofSummary(
        source=result.source.name,
        verdict=proof.verdict,
        counts=_format_counts(result),
        json_result=to_json(proof, report=path.absolute()),
        report=path,
    )


def _format_counts(result: RowProofResult) -> str:
    comparison = result.comparison
    return (
        f"compared {comparison.compared:,}, equal {comparison.equal:,}, missing {comparison.missing.count:,},"
        f" different {comparison.different.count:,}, extra {comparison.extra.count:,},"
        f" rejected {result.source.rejected:,}"
    )
