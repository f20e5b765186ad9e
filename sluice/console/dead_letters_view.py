"""View Dead letters: their reasons, the newest, one whole; send again one, those of a reason, or all."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.json_request import read_json_object, text_of
from sluice.console.json_response import JsonResponse
from sluice.console.pipeline_client import PipelineClient
from sluice.console.sampler import Sampler, events
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.unfinished_work import UnfinishedWork
from sluice.dead_letters.letter_clients import LetterClients
from sluice.dead_letters.letter_reader import LetterAddress, LetterFilter, parse_address, read_letter
from sluice.dead_letters.letter_summary import LetterSummary, letter_object, read_page
from sluice.dead_letters.resend_job import JobState, ResendJob
from sluice.dead_letters.sent_letters import SentLetters
from sluice.view.endpoints import Endpoints
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas

SAMPLE_SECONDS = 3.0
PAGE_LETTERS = 25


def routes(pipeline: ShownPipeline, unfinished: UnfinishedWork) -> Sequence[Route]:
    """Return the requests of this view; letters that are sent are `unfinished` until it is recorded."""
    summary = LetterSummary()
    clients = PipelineClient(pipeline, LetterClients, LetterClients.close, forget=summary.forget)
    sampler = Sampler(lambda: clients.ask(summary.read), seconds=SAMPLE_SECONDS, at_end=clients.close)
    jobs = Jobs(pipeline, summary, unfinished)

    async def send_summary(_: Request) -> StreamingResponse:
        return events(sampler)

    async def send_page(request: Request) -> Response:
        query = request.query_params
        connector, group, before = (query.get(name) or None for name in ("connector", "group", "before"))

        def read(opened: LetterClients) -> dict[str, Any]:
            return read_page(opened, connector=connector, group=group, before=before, limit=PAGE_LETTERS)

        return JsonResponse(await asyncio.to_thread(clients.ask, read))

    async def send_letter(request: Request) -> Response:
        address = _address(request.query_params.get("address", ""))
        return JsonResponse(await asyncio.to_thread(lambda: _read_letter(pipeline.endpoints, address)))

    return [
        Route("/api/dead-letters", send_summary),
        Route("/api/dead-letters/page", send_page),
        Route("/api/dead-letters/letter", send_letter),
        Route("/api/dead-letters/job", jobs.show),
        Route("/api/dead-letters/count", jobs.count, methods=["POST"]),
        Route("/api/dead-letters/send", jobs.send, methods=["POST"]),
        Route("/api/dead-letters/stop", jobs.stop, methods=["POST"]),
    ]


class Jobs:
    """The job of sending dead letters again: one at a time, which every page may watch."""

    def __init__(self, pipeline: ShownPipeline, summary: LetterSummary, unfinished: UnfinishedWork) -> None:
        self._pipeline = pipeline
        self._summary = summary
        self._unfinished = unfinished
        self._job: ResendJob | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def show(self, _: Request) -> Response:
        """Return the job, also one that has ended; null if there was none."""
        return JsonResponse({"job": None} if self._job is None else self._job.as_object())

    async def count(self, request: Request) -> Response:
        """Begin to count what would be sent. It takes the place of a job that only counts."""
        body = await read_json_object(request)
        letter_filter = _letter_filter(body)
        again = body.get("again", False)
        if not isinstance(again, bool):
            raise SluiceError("the request's field again must be true or false", status=Exit.USAGE)
        if self._job is not None:
            if self._job.state == JobState.SENDING:
                raise SluiceError("other dead letters are being sent; wait for their end", status=Exit.USAGE)
            self._job.stop()
        endpoints = await asyncio.to_thread(lambda: self._pipeline.endpoints)
        job = self._job = ResendJob(endpoints, letter_filter, again=again)
        self._start(job, job.count)
        return JsonResponse(job.as_object())

    async def send(self, request: Request) -> Response:
        """Send what was counted, and nothing else."""
        job = self._named(await read_json_object(request))
        job.confirm()
        self._start(job, lambda: self._send(job))
        return JsonResponse(job.as_object())

    async def stop(self, request: Request) -> Response:
        """Stop the job after the records under way."""
        job = self._named(await read_json_object(request))
        job.stop()
        return JsonResponse(job.as_object())

    def _named(self, body: dict[str, Any]) -> ResendJob:
        identity = text_of(body, "job")
        if self._job is None or self._job.identity != identity:
            raise SluiceError("this was counted by another page, or too long ago; begin again", status=Exit.USAGE)
        return self._job

    def _start(self, job: ResendJob, step: Callable[[], None]) -> None:
        task = asyncio.create_task(self._run(job, step))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, job: ResendJob, step: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(step)
        except asyncio.CancelledError:
            job.stop()  # the console ends, and asyncio waits for the thread
            raise

    def _send(self, job: ResendJob) -> None:
        try:
            with self._unfinished.until_done(job.stop):
                job.send()
        finally:
            self._summary.forget()


def _letter_filter(body: dict[str, Any]) -> LetterFilter:
    """Return the filter of a request: `letters`, or `connector` and `group`; raises SluiceError for another."""
    known = {"letters", "connector", "group", "again"}
    if unknown := sorted(set(body) - known):
        raise SluiceError(f"the request has an unknown field: {unknown[0]!r}", status=Exit.USAGE)
    addresses: list[LetterAddress] = []
    if "letters" in body:
        letters = body["letters"]
        if not isinstance(letters, list) or not letters or not all(isinstance(one, str) for one in letters):
            raise SluiceError("the request's field letters must be a list of addresses", status=Exit.USAGE)
        addresses = [_address(one) for one in letters]
    connector, group = (text_of(body, name) if name in body else None for name in ("connector", "group"))
    return LetterFilter(addresses=addresses, connector=connector, group=group)


def _address(text: str) -> LetterAddress:
    try:
        return parse_address(text)
    except ValueError as error:
        raise SluiceError(str(error), status=Exit.USAGE) from error


def _read_letter(endpoints: Endpoints, address: LetterAddress) -> dict[str, Any]:
    letter = read_letter(endpoints, address)
    with closing(SentLetters(endpoints.consumer)) as sent_letters:
        sent = sent_letters.includes(letter.topic, letter.partition, letter.offset)
    return letter_object(letter, Decoder(RegistrySchemas(endpoints.compatible_registry)), sent=sent)
