"""The report on images."""

from proof.images.keys import utime_of
from proof.images.prove import ImageFinding
from proof.images.thumbnails import EDGE
from proof.images.verdict import is_full, size
from proof.page import Evidence, render_page
from proof.sink import IMAGES_SINK
from view.stores import IMAGES_DATABASE

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
