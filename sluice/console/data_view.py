"""View Data: the newest fixes, images, rows of the table, and changes of the watched table."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from sluice.console.json_response import JsonResponse
from sluice.console.newest_changes import NewestChanges
from sluice.console.newest_fixes import NewestFixes
from sluice.console.newest_images import LARGE_EDGE, NewestImages
from sluice.console.newest_rows import NewestRows
from sluice.console.part_events import part_events
from sluice.console.sampler import Sampler
from sluice.console.shown_pipeline import ShownPipeline
from sluice.proof.images.thumbnails import EDGE

FIXES_SECONDS, ROWS_SECONDS, CHANGES_SECONDS, IMAGES_SECONDS = 1.5, 2.0, 1.5, 3.0
"""Time between two samples of each part."""
_NO_PICTURE = Path(__file__).parent / "static/no_picture.svg"


def routes(pipeline: ShownPipeline) -> Sequence[Route]:
    """Return the requests of this view."""
    fixes, images = NewestFixes(pipeline), NewestImages(pipeline)
    rows, changes = NewestRows(pipeline), NewestChanges(pipeline)
    parts = {
        "fixes": Sampler(fixes.read, seconds=FIXES_SECONDS, at_end=fixes.close),
        "images": Sampler(images.read, seconds=IMAGES_SECONDS, at_end=images.close),
        "rows": Sampler(rows.read, seconds=ROWS_SECONDS, at_end=rows.close),
        "changes": Sampler(changes.read, seconds=CHANGES_SECONDS, at_end=changes.close),
    }
    one_at_a_time = asyncio.Lock()

    async def send_parts(_: Request) -> StreamingResponse:
        return part_events(parts)

    async def send_picture(request: Request) -> Response:
        edge = LARGE_EDGE if request.path_params["size"] == "large" else EDGE
        async with one_at_a_time:
            _, _, picture = await asyncio.to_thread(images.draw, request.path_params["name"], edge=edge)
        if picture.data is None:
            return FileResponse(_NO_PICTURE)
        return Response(picture.data, media_type=picture.media_type)

    async def send_description(request: Request) -> JsonResponse:
        async with one_at_a_time:
            return JsonResponse(await asyncio.to_thread(images.describe, request.path_params["name"]))

    return [
        Route("/api/data", send_parts),
        Route("/api/data/images/{name}", send_description),
        Route("/api/data/images/{name}/{size}", send_picture),
    ]
