"""View Topics."""

from collections.abc import Sequence

from starlette.routing import Route

from sluice.console.shown_pipeline import ShownPipeline


def routes(pipeline: ShownPipeline) -> Sequence[Route]:  # noqa: ARG001
    """Return the requests of this view."""
    return []
