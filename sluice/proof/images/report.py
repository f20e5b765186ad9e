"""The report on images."""

from producer.images.image_key import utime_of
from sluice.proof.images.prove import ImageFinding
from sluice.proof.images.thumbnails import EDGE
from sluice.proof.images.verdict import is_full, size
from sluice.proof.shared.html_page import Evidence, render_page
from sluice.proof.shared.sink_progress import IMAGES_SINK
from sluice.view.store_status import IMAGES_DATABASE

TEMPLATE = "images.html.j2"


def render(evidence: Evidence[ImageFinding]) -> str:
    """The page."""
    finding = evidence.finding
    return render_page(
        TEMPLATE,
        evidence,
        sink_names=IMAGES_SINK,
        filters={"size": size, "utime": utime_of},
        source=finding.source,
        comparison=finding.comparison,
        extra=finding.extra,
        refused=finding.refused,
        sink=finding.sink,
        memory=finding.memory,
        full=is_full(finding),
        thumbnails=finding.thumbnails,
        database=IMAGES_DATABASE,
        edge=EDGE,
    )
