"""What a proof of images found, as one object for a script."""

from pathlib import Path
from typing import Any

from sluice.proof.gps.json_result import sink_object
from sluice.proof.images.prove import ImageFinding
from sluice.proof.images.source_images import Content
from sluice.proof.shared.html_page import Evidence
from sluice.view.store_status import IMAGES_DATABASE


def as_object(evidence: Evidence[ImageFinding], *, report: Path) -> dict[str, Any]:
    """The proof as JSON types; times are µs since the epoch, sizes bytes."""
    finding, verdict = evidence.finding, evidence.verdict
    return {
        "ok": verdict.ok,
        "outcome": verdict.outcome.value,
        "headline": verdict.headline,
        "reasons": list(verdict.reasons),
        "absent": evidence.question.absent,
        "source": _source(finding),
        "redis": {
            "version": evidence.surroundings.versions[0][1],
            "database": IMAGES_DATABASE,
            "used_memory": finding.memory.used,
            "maxmemory": finding.memory.limit,
        },
        **_counts(finding),
        "listed": _listed(finding),
        "as_of": finding.as_of.isoformat(),
        "sink": sink_object(finding.sink, later=finding.later),
        "dead_letters": evidence.surroundings.dead_letters,
        "report": str(report),
        "seconds": round(evidence.seconds, 3),
    }


def _source(finding: ImageFinding) -> dict[str, Any]:
    source = finding.source
    first, last = source.span or (None, None)
    return {
        "name": source.name,
        "images": len(source.images),
        "bytes": source.bytes,
        "first_utime": first,
        "last_utime": last,
        "refused": {reason.value: count for reason, count in source.reasons.items()},
        "left_out": source.left_out.as_json(),
        "rest_unread": source.rest_unread,
    }


def _counts(finding: ImageFinding) -> dict[str, Any]:
    comparison = finding.comparison
    return {
        "compared": comparison.compared,
        "equal": comparison.equal,
        "missing": comparison.missing.count,
        "missing_bytes": comparison.missing_bytes,
        "different": comparison.different.count,
        "extra": finding.extra.count + finding.refused.count if finding.extra else None,
        "refused_there": finding.refused.count,
        "cameras": {
            camera.name: {
                "images": camera.images,
                "bytes": camera.size,
                "equal": camera.equal,
                "missing": camera.missing,
                "different": camera.different,
            }
            for camera in comparison.cameras
        },
    }


def _listed(finding: ImageFinding) -> dict[str, Any]:
    comparison = finding.comparison
    return {
        "missing": list(comparison.missing.first),
        "different": [
            {
                "key": image.key,
                "source": _content(image.source),
                "redis": _content(image.stored),
                "expires": image.expires,
            }
            for image in comparison.different.first
        ],
        "extra": [*finding.extra.first, *(image.key for image in finding.refused.first)] if finding.extra else None,
        "refused_there": [{"key": image.key, "reason": image.reason.value} for image in finding.refused.first],
        "refused": [
            {"name": refused.name, "reason": refused.reason.value, "bytes": refused.size}
            for refused in finding.source.refused
        ],
    }


def _content(content: Content | None) -> dict[str, Any] | None:
    return None if content is None else {"bytes": content.size, "sha256": content.sha256}
