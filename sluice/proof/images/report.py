"""HTML report on a proof of images."""

from producer.images.image_key import utime_of
from sluice.proof.images.prove import ImageProofResult
from sluice.proof.images.thumbnails import EDGE
from sluice.proof.images.verdict import format_size, is_full
from sluice.proof.shared.html_page import ProofReport, render_page
from sluice.proof.shared.sink_progress import IMAGES_SINK
from sluice.view.store_status import IMAGES_DATABASE

TEMPLATE = "images.html.j2"


def render(proof: ProofReport[ImageProofResult]) -> str:
    """Return the report as HTML."""
    result = proof.result
    return render_page(
        TEMPLATE,
        proof,
        sink_names=IMAGES_SINK,
        filters={"size": format_size, "utime": utime_of},
        source=result.source,
        comparison=result.comparison,
        extra=result.extra,
        rejected_present=result.rejected_present,
        sink=result.sink,
        memory=result.memory,
        full=is_full(result),
        thumbnails=result.thumbnails,
        database=IMAGES_DATABASE,
        edge=EDGE,
    )
