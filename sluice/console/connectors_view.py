"""View Connectors: state, tasks, what they wait for; settings and offsets of one; pause, resume, restart."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from producer.runtime.exit_status import Exit, SluiceError
from sluice.connector_errors import advise
from sluice.console.json_request import read_json_object, text_of
from sluice.console.json_response import JsonResponse
from sluice.console.node_state import connector_state
from sluice.console.pipeline_watch import PipelineSample
from sluice.console.sampler import NamedSamplers, Sampler, events
from sluice.console.shown_pipeline import ShownPipeline
from sluice.secret_settings import mask_text
from sluice.view.connector_changes import Change, change_connector, strimzi_command
from sluice.view.connector_details import ConnectorDetails, DetailsInspector
from sluice.view.connector_status import FAILED, ConnectorStatus
from sluice.view.http_client import UnavailableError
from sluice.view.pipeline_status import PipelineStatus

DETAILS_SECONDS = 4.0
_ADVICE = (
    "Remove the cause, then restart the failed tasks: they go on where they were. The worker's log has the whole trace."
)


def routes(pipeline: ShownPipeline, samples: Sampler[PipelineSample]) -> Sequence[Route]:
    """Return the requests of this view."""
    all_details = NamedSamplers(lambda name: _details_sampler(pipeline, name))

    async def send_connectors(_: Request) -> StreamingResponse:
        return events(samples, connectors_object)

    async def send_details(request: Request) -> StreamingResponse:
        name = request.query_params.get("name", "")
        if not name:
            raise SluiceError("the request names no connector", status=Exit.USAGE)
        return events(all_details.of(name), details_object)

    async def change(request: Request) -> Response:
        body = await read_json_object(request)
        name, wanted = text_of(body, "name"), text_of(body, "change")
        if wanted not in list(Change):
            raise SluiceError(f"a connector can be changed by {', '.join(Change)} only", status=Exit.USAGE)
        await asyncio.to_thread(lambda: change_connector(pipeline.endpoints.connect, name, Change(wanted)))
        return JsonResponse({"name": name, "change": wanted})

    return [
        Route("/api/connectors", send_connectors),
        Route("/api/connectors/details", send_details),
        Route("/api/connectors/change", change, methods=["POST"]),
    ]


def _details_sampler(pipeline: ShownPipeline, name: str) -> Sampler[ConnectorDetails]:
    inspector = DetailsInspector(lambda: pipeline.endpoints, name)
    return Sampler(inspector.fetch, seconds=DETAILS_SECONDS, at_end=inspector.close)


def connectors_object(sample: PipelineSample) -> dict[str, Any]:
    """Return all connectors as JSON types: those known last where Connect does not answer, None if none are known."""
    status, connect = sample.status, sample.known.connect
    answers = (status.connect, status.kafka, status.lags)
    return {
        "problem": next((str(answer) for answer in answers if isinstance(answer, UnavailableError)), None),
        "last_known": isinstance(status.connect, UnavailableError),
        "connectors": None
        if isinstance(connect, UnavailableError)
        else [_connector(one, status) for one in connect.connectors],
    }


def _connector(connector: ConnectorStatus, status: PipelineStatus) -> dict[str, Any]:
    lag = () if isinstance(status.lags, UnavailableError) else status.lags
    condition = connector_state(connector, status)
    return {
        "name": connector.name,
        "kind": connector.kind,
        "class": connector.class_name,
        "version": connector.version,
        "state": connector.state,
        "condition": {"kind": condition.kind, "text": condition.text},
        "worker": connector.worker,
        "topics": list(connector.topics),
        "pattern": connector.topics_pattern,
        "tasks": [{"number": task.number, "state": task.state, "worker": task.worker} for task in connector.tasks],
        "failures": _failures(connector),
        "recent": [
            mask_text(sentence)
            for sentence in status.recent_failures
            if sentence.startswith(f"{connector.name} has just been restarted")
        ],
        "waits": list(status.waits_of(connector)),
        "notes": [note for note in status.notes if note.startswith(f"{connector.name} ")],
        "lag": _lag(connector, status),
        "behind": next((one.behind for one in lag if one.connector == connector.name), None),
        "strimzi": {
            change: command
            for change in (Change.PAUSE, Change.RESUME)
            if (command := strimzi_command(connector.worker, connector.name, change))
        },
    }


def _lag(connector: ConnectorStatus, status: PipelineStatus) -> int | None:
    """Return the lag; None too where a topic is not shown to the user, which counts as 0 in the status."""
    if isinstance(status.kafka, UnavailableError):
        return None
    hidden = set(connector.topics) - {one.name for one in status.kafka.topics}
    if hidden and connector.topics_pattern is None:
        return None
    return status.lag_of(connector.name)


def _failures(connector: ConnectorStatus) -> list[dict[str, Any]]:
    """Return each failure: of the connector itself, and of all tasks that have the same one."""
    alike: dict[tuple[str | None, str | None], list[int]] = {}
    if connector.state == FAILED:
        alike[connector.error, connector.cause] = []
    for task in connector.tasks:
        if task.state == FAILED:
            alike.setdefault((task.error, task.cause), []).append(task.number)
    return [
        {
            "tasks": tasks,
            "error": error,
            "cause": cause,
            "advice": _advice(f"{error} {cause}", connector),
        }
        for (error, cause), tasks in alike.items()
    ]


def _advice(cause: str, connector: ConnectorStatus) -> str:
    advice = advise(cause, connector.name, default=_ADVICE)
    if advice == _ADVICE:
        return advice
    if strimzi_command(connector.worker, connector.name, Change.PAUSE):
        advice = advice.replace("sluice up", "pulumi up")  # which applies k8s/ there
    return f"{advice} Then restart the failed tasks."


def details_object(details: ConnectorDetails) -> dict[str, Any]:
    """Return the details of a connector as JSON types."""
    return {
        "name": details.name,
        "config": details.config,
        "sink_offsets": [{**asdict(offset), "lag": offset.lag} for offset in details.sink_offsets],
        "source_offsets": [{"partition": read, "offset": offset} for read, offset in details.source_offsets],
        "offsets_problem": details.offsets_problem,
    }
