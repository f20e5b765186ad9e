"""View Pipeline: the picture of the pipeline, with counts and rates."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from sluice.console.node_state import part_states, pipeline_notes, pipeline_problems
from sluice.console.pipeline_picture import PipelinePicture
from sluice.console.pipeline_summary import summarize
from sluice.console.pipeline_watch import PipelineSample
from sluice.console.sampler import Sampler, events


def routes(samples: Sampler[PipelineSample]) -> Sequence[Route]:
    """Return the requests of this view."""

    async def send_pictures(_: Request) -> StreamingResponse:
        return events(samples, picture_object)

    return [Route("/api/pipeline", send_pictures)]


def picture_object(sample: PipelineSample) -> dict[str, Any]:
    """Return a sample as the picture, in JSON types."""
    status = sample.status
    picture = PipelinePicture(status=status, known=sample.known, rates=sample.rates, letters=sample.letters).draw()
    return {
        "summary": summarize(status, picture.nodes.values()),
        "parts": part_states(status),
        "problems": [asdict(remark) for remark in pipeline_problems(status)],
        "notes": pipeline_notes(status),
        **picture.as_objects(),
    }
