"""View Topics: the topics, and of one its numbers, messages, schemas and configuration."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache, partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sluice.console.json_response import JsonResponse
from sluice.console.rate_meter import RateMeter
from sluice.console.sampler import Sampler, events
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.shown_value import WHOLE, shown_text
from sluice.console.topic_overview import TopicNumbers
from sluice.console.topic_pages import PageRequest, TopicPages
from sluice.console.topic_readers import TopicReaders
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas
from sluice.view.schema_versions import SchemaVersion, fetch_schema_versions

SAMPLE_SECONDS = 2.0
MOST_SAMPLERS = 32
"""Topics for which a sampler is kept; one that a page listens to goes on without."""
_FIELDS = tuple(PageRequest.__dataclass_fields__)


def routes(pipeline: ShownPipeline) -> Sequence[Route]:
    """Return the requests of this view."""
    decoder = cache(lambda: Decoder(RegistrySchemas(pipeline.endpoints.compatible_registry)))
    pages = TopicPages(TopicReaders(lambda: pipeline.endpoints).open, decoder)
    numbers = TopicNumbers(lambda: pipeline.endpoints, pages)
    all_topics = Sampler(numbers.list_topics, seconds=SAMPLE_SECONDS)
    samplers: OrderedDict[str, Sampler[dict[str, Any]]] = OrderedDict()

    async def send_topics(_: Request) -> StreamingResponse:
        return events(all_topics)

    async def send_numbers(request: Request) -> StreamingResponse:
        topic = request.path_params["topic"]
        if topic not in samplers:
            samplers[topic] = Sampler(partial(numbers.sample, topic, RateMeter()), seconds=SAMPLE_SECONDS)
        samplers.move_to_end(topic)
        while len(samplers) > MOST_SAMPLERS:
            samplers.popitem(last=False)
        return events(samplers[topic])

    async def send_page(request: Request) -> Response:
        asked = PageRequest(**{name: request.query_params.get(name, "") for name in _FIELDS})
        return await _answer(lambda: pages.page(request.path_params["topic"], asked))

    async def send_record(request: Request) -> Response:
        at = request.path_params
        return await _answer(lambda: pages.record(at["topic"], at["partition"], at["offset"]))

    async def send_schemas(request: Request) -> Response:
        topic = request.path_params["topic"]
        return await _answer(lambda: _schemas(pipeline, topic))

    async def send_settings(request: Request) -> Response:
        return await _answer(lambda: numbers.settings(request.path_params["topic"]))

    return [
        Route("/api/topics", send_topics),
        Route("/api/topics/{topic}/numbers", send_numbers),
        Route("/api/topics/{topic}/messages", send_page),
        Route("/api/topics/{topic}/messages/{partition:int}/{offset:int}", send_record),
        Route("/api/topics/{topic}/schemas", send_schemas),
        Route("/api/topics/{topic}/configuration", send_settings),
    ]


async def _answer(read: Callable[[], Any]) -> Response:
    return JsonResponse(await asyncio.to_thread(read))


def _schemas(pipeline: ShownPipeline, topic: str) -> list[dict[str, Any]]:
    found = fetch_schema_versions(pipeline.endpoints.compatible_registry, topic)
    return [{"subject": subject, "versions": list(map(_version, reversed(all_)))} for subject, all_ in found.items()]


def _version(version: SchemaVersion) -> dict[str, Any]:
    shown = asdict(version)
    return shown | {"text": shown_text(version.text, WHOLE)}
