"""Result of a proof, contents of its HTML report and JSON result, and the summary for the terminal."""

import time
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from producer.shared.output_files import source_id
from sluice.proof.shared.pipeline_versions import PipelineVersions
from sluice.proof.shared.proof_arguments import ProofOptions, format_command
from sluice.proof.shared.proof_verdict import Verdict
from sluice.proof.shared.sink_progress import SinkState


@dataclass(frozen=True, kw_only=True)
class ProofResult:
    """Result of a proof: the sink, in both proofs; the comparison is in the subclasses."""

    sink: SinkState
    """State just before the store was read."""
    as_of: datetime
    """End of reading the source: the proof waited for the records that the topic had then."""
    later: int
    """Number of records that were written to the topic after `as_of`."""


ResultOf = TypeVar("ResultOf", bound=ProofResult)


@dataclass(frozen=True, kw_only=True)
class ProofReport(Generic[ResultOf]):
    """Everything that a proof report shows."""

    options: ProofOptions
    verdict: Verdict
    result: ResultOf
    pipeline: PipelineVersions
    made_at: datetime
    seconds: float
    """Duration of the proof."""
    command: str
    """Command line that made the report, without secrets."""
    source_id: str = ""
    """Identity of the source, see producer.shared.output_files.source_id()."""


@dataclass(frozen=True, kw_only=True)
class ProofSummary:
    """What the command prints, once the report has been written."""

    source: str
    """Name of the source, without secrets."""
    verdict: Verdict
    counts: str
    """One line."""
    json_result: dict[str, Any]
    """For --json."""
    report: Path
    """Path of the report."""


def build_report(
    args: Namespace,
    *,
    env: Mapping[str, str],
    options: ProofOptions,
    result: ResultOf,
    source_name: str,
    verdict: Verdict,
    pipeline: PipelineVersions,
    began: float,
) -> ProofReport[ResultOf]:
    """Build the report of a proof that began at `began` (time.monotonic()) and ends now."""
    return ProofReport(
        options=options,
        verdict=verdict,
        result=result,
        pipeline=pipeline,
        made_at=datetime.now(UTC),
        seconds=time.monotonic() - began,
        command=format_command(args, source_name),
        source_id=source_id(args.source, env=env),
    )


def build_json(proof: ProofReport[Any], *, report: Path, details: Mapping[str, Any]) -> dict[str, Any]:
    """Build the object of --json: JSON types, times in µs since the epoch; `details` is what rows or images add."""
    verdict, result = proof.verdict, proof.result
    return {
        "ok": verdict.ok,
        "outcome": verdict.outcome.value,
        "headline": verdict.headline,
        "reasons": list(verdict.reasons),
        "absent": proof.options.absent,
        **details,
        "as_of": result.as_of.isoformat(),
        "sink": _sink_json(result.sink, later=result.later),
        "dead_letters": proof.pipeline.dead_letters,
        "report": str(report),
        "seconds": round(proof.seconds, 3),
    }


def _sink_json(sink: SinkState, *, later: int) -> dict[str, Any]:
    """Return the sink's state as JSON types; counts are records."""
    return {
        "lag": sink.lag,
        "concerning": sink.concerning,
        "later": later,
        "lost": sink.lost,
        "troubles": list(sink.problems),
        "stuck": sink.stuck,
    }
