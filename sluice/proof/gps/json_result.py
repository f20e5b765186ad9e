"""JSON result of a proof of rows, for --json."""

from pathlib import Path
from typing import Any

from sluice.proof.gps.compare import RowComparison
from sluice.proof.gps.prove import RowProofResult
from sluice.proof.gps.source_rows import RowsSummary
from sluice.proof.gps.table_rows import TABLE
from sluice.proof.shared.proof_report import ProofReport, build_json


def to_json(proof: ProofReport[RowProofResult], *, report: Path) -> dict[str, Any]:
    """Return the proof as JSON types; times are µs since the epoch. `report` is the path of the HTML report."""
    result = proof.result
    details = {
        "source": _source(result.source),
        "table": {"name": TABLE, "database": dict(proof.pipeline.versions)["Database"]},
        **_comparison(result.comparison),
        "rejected": result.source.rejected,
    }
    return build_json(proof, report=report, details=details)


def _source(source: RowsSummary) -> dict[str, Any]:
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


def _comparison(comparison: RowComparison) -> dict[str, Any]:
    return {
        "compared": comparison.compared,
        "equal": comparison.equal,
        "missing": comparison.missing.count,
        "different": comparison.different.count,
        "extra": comparison.extra.count,
        "refused_there": comparison.rejected_present.count,
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
                for row in comparison.rejected_present.first
            ],
        },
    }
