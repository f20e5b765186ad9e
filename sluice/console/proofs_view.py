"""View Proofs: those made so far, their reports, and one that is started here."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.json_request import read_json_object, text_of
from sluice.console.json_response import JsonResponse
from sluice.console.part_events import part_events
from sluice.console.proof_jobs import ProofJobs
from sluice.console.sampler import Sampler
from sluice.console.shown_pipeline import ShownPipeline
from sluice.proof.shared.proof_notes import ProofNote, ProofNotes, read_file, stamp_of
from sluice.proof.shared.report_file import source_of_page

JOB_SECONDS, NOTES_SECONDS = 0.5, 1.0
SHOWN = 50
"""Notes that a page shows."""
MAX_REPORT = 64 << 20
"""Bytes of a report that is served."""
_HEAD = 1 << 16
REPORT_HEADERS = {
    # A page of its own, without scripts and without an origin: it can ask this server for nothing.
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


def routes(pipeline: ShownPipeline) -> Sequence[Route]:
    """Return the requests of this view."""
    jobs = ProofJobs(pipeline)
    parts = {
        "job": Sampler(lambda: {"job": jobs.newest()}, seconds=JOB_SECONDS),
        "proofs": Sampler(lambda: list_proofs(pipeline), seconds=NOTES_SECONDS),
    }

    async def send_parts(_: Request) -> StreamingResponse:
        return part_events(parts)

    async def start(request: Request) -> JsonResponse:
        return JsonResponse(await asyncio.to_thread(jobs.start, await read_json_object(request)))

    async def cancel(request: Request) -> JsonResponse:
        await asyncio.to_thread(jobs.cancel, text_of(await read_json_object(request), "id"))
        return JsonResponse({})

    async def send_report(request: Request) -> Response:
        return await asyncio.to_thread(_report, pipeline, request.path_params["identity"])

    return [
        Route("/api/proofs", send_parts),
        Route("/api/proofs/start", start, methods=["POST"]),
        Route("/api/proofs/cancel", cancel, methods=["POST"]),
        Route("/api/proofs/{identity}/report", send_report),
    ]


def list_proofs(pipeline: ShownPipeline) -> dict[str, Any]:
    """Return the newest notes as JSON types, each with whether its report is still there."""
    folder = pipeline.proofs_folder
    notes = ProofNotes(folder).read()[:SHOWN]
    hidden = {"stamp", "identity"}
    return {
        "folder": str(Path.cwd()),
        "proofs": [
            {key: value for key, value in asdict(note).items() if key not in hidden}
            | {"id": note.identity, "there": _is_there(note), "own": is_own(note, folder)}
            for note in notes
        ],
    }


def read_report(note: ProofNote) -> bytes:
    """Return the report of a note; raises SluiceError where it is gone or is another file now."""
    if note.report is None:
        raise SluiceError("no report was written of this proof", status=Exit.USAGE)
    if not _is_there(note):
        raise SluiceError(
            f"the report is not there any more: {note.report} was removed, or another was written over it",
            status=Exit.USAGE,
        )
    try:
        page = read_file(Path(note.report), limit=MAX_REPORT + 1)
    except OSError as error:
        raise SluiceError(f"{note.report} cannot be read: {error.strerror}", status=Exit.USAGE) from error
    if len(page) > MAX_REPORT or source_of_page(page[:_HEAD].decode(errors="replace")) is None:
        raise SluiceError(f"{note.report} is no report of a proof; open it by yourself", status=Exit.USAGE)
    return page


def is_own(note: ProofNote, folder: Path) -> bool:
    """Return whether the report is in the folder of the notes, where the console has put it."""
    return note.report is not None and Path(note.report).parent == folder


def _is_there(note: ProofNote) -> bool:
    return note.report is not None and bool(note.stamp) and stamp_of(Path(note.report)) == note.stamp


def _report(pipeline: ShownPipeline, identity: str) -> Response:
    try:
        note = next((note for note in ProofNotes(pipeline.proofs_folder).read() if note.identity == identity), None)
        if note is None:
            raise SluiceError("there is no note of this proof any more", status=Exit.USAGE)
        page = read_report(note)
    except SluiceError as error:
        return PlainTextResponse(f"{error}\n", status_code=HTTPStatus.NOT_FOUND)
    return Response(page, media_type="text/html", headers=REPORT_HEADERS)
