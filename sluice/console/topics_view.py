"""View Topics: the topics, and of one its numbers, messages, schemas and configuration."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.json_response import JsonResponse
from sluice.console.page_reads import PageReads
from sluice.console.rate_meter import RateMeter
from sluice.console.sampler import NamedSamplers, Sampler, events
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.shown_value import BRIEF, WHOLE, shown_text
from sluice.console.topic_overview import TopicNumbers
from sluice.console.topic_pages import PageRequest, TopicPages
from sluice.console.topic_readers import TopicReaders
from sluice.console.topic_tail import pipeline_decoder
from sluice.view.schema_versions import SchemaVersion, fetch_schema_versions
from sluice.view.start_point import parse_offset

SAMPLE_SECONDS = 2.0
_FIELDS = tuple(PageRequest.__dataclass_fields__)
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


def routes(pipeline: ShownPipeline) -> Sequence[Route]:
    """Return the requests of this view."""
    readers, numbers = TopicReaders(pipeline), TopicNumbers(pipeline)
    pages = TopicPages(readers.open, pipeline_decoder(pipeline))
    reads = PageReads(at_end=readers.close)
    all_topics = Sampler(numbers.list_topics, seconds=SAMPLE_SECONDS, at_end=numbers.close)

    def sampler(topic: str) -> Sampler[dict[str, Any]]:
        sample = partial(numbers.sample, topic, RateMeter())
        return Sampler(sample, seconds=SAMPLE_SECONDS, at_end=numbers.close)

    samplers = NamedSamplers(sampler)

    async def send_topics(_: Request) -> StreamingResponse:
        return events(all_topics)

    async def send_numbers(request: Request) -> StreamingResponse:
        return events(samplers.of(_topic(request)))

    async def send_page(request: Request) -> Response:
        topic = _topic(request)
        asked = PageRequest(**{name: request.query_params.get(name, "") for name in _FIELDS})
        return await reads.answer(request, topic, lambda gone: pages.page(topic, asked, gone))

    async def send_record(request: Request) -> Response:
        topic, (partition, offset) = _topic(request), _place(request)
        return await reads.answer(request, topic, lambda _: pages.record(topic, partition, offset))

    async def send_schemas(request: Request) -> Response:
        return JsonResponse(await asyncio.to_thread(_schemas, pipeline, _topic(request)))

    async def send_settings(request: Request) -> Response:
        return JsonResponse(await asyncio.to_thread(numbers.settings, _topic(request)))

    return [
        Route("/api/topics", send_topics),
        Route("/api/topics/{topic}/numbers", send_numbers),
        Route("/api/topics/{topic}/messages", send_page),
        Route("/api/topics/{topic}/messages/{partition}/{offset}", send_record),
        Route("/api/topics/{topic}/schemas", send_schemas),
        Route("/api/topics/{topic}/configuration", send_settings),
    ]


def _topic(request: Request) -> str:
    """Return the topic in a request's path; raises SluiceError for what Kafka can have no topic of."""
    topic = request.path_params["topic"]
    if not _TOPIC.fullmatch(topic):
        raise SluiceError(f"{shown_text(topic, BRIEF)!r} is no name of a topic", status=Exit.USAGE)
    return topic


def _place(request: Request) -> tuple[int, int]:
    """Return the partition and the offset in a request's path; raises SluiceError for what are none."""
    try:
        place = parse_offset("{partition}:{offset}".format(**request.path_params))
    except ValueError as error:
        raise SluiceError(str(error), status=Exit.USAGE) from error
    return place.partition or 0, place.offset


def _schemas(pipeline: ShownPipeline, topic: str) -> list[dict[str, Any]]:
    found = fetch_schema_versions(pipeline.endpoints.compatible_registry, topic)
    return [{"subject": subject, "versions": list(map(_version, reversed(all_)))} for subject, all_ in found.items()]


def _version(version: SchemaVersion) -> dict[str, Any]:
    shown = asdict(version)
    return shown | {"text": shown_text(version.text, WHOLE)}
