"""What a proof found, as one object for a script."""

from pathlib import Path
from typing import Any

from sluice.proof.gps.compare import Comparison
from sluice.proof.gps.prove import Finding
from sluice.proof.gps.source_rows import SourceSummary
from sluice.proof.gps.table_rows import TABLE
from sluice.proof.shared.html_page import Evidence
from sluice.proof.shared.sink_progress import SinkState


def as_object(evidence: Evidence[Finding], *, report: Path) -> dict[str, Any]:
    """The proof as JSON types; times are µs since the epoch."""
    finding, verdict = evidence.finding, evidence.verdict
    return {
        "ok": verdict.ok,
        "outcome": verdict.outcome.value,
        "headline": verdict.headline,
        "reasons": list(verdict.reasons),
        "absent": evidence.question.absent,
        "source": _source(finding.source),
        "table": {"name": TABLE, "database": dict(evidence.surroundings.versions)["Database"]},
        **_comparison(finding.comparison),
        "rejected": finding.source.rejected,
        "as_of": finding.as_of.isoformat(),
        "sink": sink_object(finding.sink, later=finding.later),
        "dead_letters": evidence.surroundings.dead_letters,
        "report": str(report),
        "seconds": round(evidence.seconds, 3),
    }


def sink_object(sink: SinkState, *, later: int) -> dict[str, Any]:
    """The sink as JSON types; counts are messages."""
    return {
        "lag": sink.lag,
        "concerning": sink.concerning,
        "later": later,
        "lost": sink.lost,
        "troubles": list(sink.troubles),
        "stuck": sink.stuck,
    }


def _source(source: SourceSummary) -> dict[str, Any]:
    return {
        "name": source.name,
        "bytes": source.bytes_read,
        "sha256": source.sha256,
        "rows": source.rows,
        "accepted": source.accepted,
        "first_utime": source.first_utime,
        "last_utime": source.last_utime,
        "in_order": source.in_order,
        "fix_modes": {str(mode): count for mode, count in source.fix_modes.items()},
        "nulls": source.nulls,
        "rejects": {reason.value: count for reason, count in source.reasons.items()},
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "compared": comparison.compared,
        "equal": comparison.equal,
        "missing": comparison.missing.count,
        "different": comparison.different.count,
        "extra": comparison.extra.count,
        "refused_there": comparison.refused.count,
        "fields": comparison.fields,
        "signless_zeros": comparison.signless_zeros,
        "listed": {
            "missing": [fix.utime for fix in comparison.missing.first],
            "different": [
                {"utime": row.utime, "field": difference.field, "source": difference.source, "table": difference.table}
                for row in comparison.different.first
                for difference in row.differences
            ],
            "extra": [row.utime for row in comparison.extra.first],
            "refused_there": [
                {"utime": row.utime, "line": row.line_number, "reason": row.reason.value}
                for row in comparison.refused.first
            ],
        },
    }
