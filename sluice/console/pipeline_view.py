"""View Pipeline: all parts of the pipeline, with counts and rates."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sluice.console.sampler import Sampler, events
from sluice.console.shown_pipeline import ShownPipeline
from sluice.view import status_table

SAMPLE_SECONDS = 2.0


def routes(pipeline: ShownPipeline) -> Sequence[Route]:
    """Return the requests of this view."""
    sampler = Sampler(lambda: status_table.as_object(pipeline.status()), seconds=SAMPLE_SECONDS)

    async def send_status(_: Request) -> StreamingResponse:
        return events(sampler)

    return [Route("/api/pipeline", send_status)]
