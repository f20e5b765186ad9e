"""JSON result of a proof of images, for --json."""

from pathlib import Path
from typing import Any

from sluice.proof.images.prove import ImageProofResult
from sluice.proof.images.source_images import Content
from sluice.proof.shared.proof_report import ProofReport, build_json
from sluice.view.store_status import IMAGES_DATABASE


def to_json(proof: ProofReport[ImageProofResult], *, report: Path) -> dict[str, Any]:
    """Return the proof as JSON types; times are µs since the epoch, sizes bytes. `report` is the HTML report's path."""
    result = proof.result
    details = {
        "source": _source(result),
        "redis": {
            "version": proof.pipeline.versions[0][1],
            "database": IMAGES_DATABASE,
            "used_memory": result.memory.used,
            "maxmemory": result.memory.limit,
        },
        **_counts(result),
        "listed": _listed(result),
    }
    return build_json(proof, report=report, details=details)


def _source(result: ImageProofResult) -> dict[str, Any]:
    source = result.source
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


def _counts(result: ImageProofResult) -> dict[str, Any]:
    comparison = result.comparison
    return {
        "compared": comparison.compared,
        "equal": comparison.equal,
        "missing": comparison.missing.count,
        "missing_bytes": comparison.missing_bytes,
        "different": comparison.different.count,
        "extra": result.extra.count + result.rejected_present.count if result.extra else None,
        "refused_there": result.rejected_present.count,
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


def _listed(result: ImageProofResult) -> dict[str, Any]:
    comparison, rejected = result.comparison, result.rejected_present
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
        "extra": [*result.extra.first, *(image.key for image in rejected.first)] if result.extra else None,
        "refused_there": [{"key": image.key, "reason": image.reason.value} for image in rejected.first],
        "refused": [
            {"name": reject.name, "reason": reject.reason.value, "bytes": reject.size}
            for reject in result.source.rejects
        ],
    }


def _content(content: Content | None) -> dict[str, Any] | None:
    return None if content is None else {"bytes": content.size, "sha256": content.sha256}
