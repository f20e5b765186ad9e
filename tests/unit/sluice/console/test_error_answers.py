"""Tests of answers for what goes wrong."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from producer.runtime.exit_status import Exit, SluiceError
from sluice.console.access import AccessControl
from sluice.console.application import make_application
from sluice.console.error_answers import ErrorAnswers
from sluice.console.unfinished_work import UnfinishedWork
from sluice.view.http_client import UnavailableError
from tests.unit.sluice.console.asgi_request import Answer, send_request

OWN = [("Host", "127.0.0.1:1"), ("X-Sluice-Token", "t")]


def _application(error: Exception) -> Starlette:
    def fail(_: Request) -> Response:
        raise error

    middleware = [Middleware(AccessControl, token="t", port=1), Middleware(ErrorAnswers)]
    return Starlette(routes=[Route("/fails", fail)], middleware=middleware)


def test_an_unexpected_exception_is_a_sentence_with_500_and_one_line_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = send_request(_application(ZeroDivisionError("secret of a record")), "/fails", headers=OWN)
    assert answer.status == 500
    assert answer.text == "The console has a fault here (ZeroDivisionError); its terminal says where.\n"
    assert answer.header("x-content-type-options") == "nosniff"
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert errors.startswith("sluice: '/fails': unexpected error, a bug in this program: ZeroDivisionError")
    assert "Traceback" not in errors


def test_a_fault_that_comes_again_is_answered_and_not_reported_again(capsys: pytest.CaptureFixture[str]) -> None:
    application = _application(ZeroDivisionError("secret of a record"))
    answers = [send_request(application, f"/fails?offset={offset}", headers=OWN) for offset in range(3)]
    assert [answer.status for answer in answers] == [500, 500, 500]
    assert capsys.readouterr().err.count("\n") == 1


def test_a_response_that_has_begun_is_not_answered_twice(capsys: pytest.CaptureFixture[str]) -> None:
    class Cut(PlainTextResponse):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise ValueError("cut")

    async def cut(_: Request) -> Response:
        return Cut()

    application = Starlette(routes=[Route("/", cut)], middleware=[Middleware(ErrorAnswers)])
    assert send_request(application).status == 200
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/nothing", "GET", 404), ("/static/nothing.js", "GET", 404), ("/", "POST", 405)]
)
def test_a_page_that_is_not_there_says_what_to_do(path: str, method: str, status: int) -> None:
    answer = _ask_console(path, method=method)
    assert answer.status == status
    assert "Open its first page: /" in answer.text


def test_the_first_page_needs_no_pipeline() -> None:
    assert "<title>Sluice</title>" in _ask_console("/").text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SluiceError("no such topic", status=Exit.USAGE), 400),
        (SluiceError("no pipeline"), 503),
        (UnavailableError("Kafka does not answer"), 503),
    ],
)
def test_what_a_view_raises_is_a_sentence(error: Exception, status: int) -> None:
    application = make_application(NO_PIPELINE, target="local", token="t", port=1, unfinished=UnfinishedWork())

    def fail(_: Request) -> Response:
        raise error

    application.router.routes.insert(0, Route("/fails", fail))
    answer = send_request(application, "/fails", headers=OWN)
    assert (answer.status, answer.text) == (status, f'{{"problem": "{error}"}}')


class _NoPipeline:
    """Stand-in for a pipeline that is not asked."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"nobody asks for {name}")


NO_PIPELINE: Any = _NoPipeline()


def _ask_console(path: str, *, method: str = "GET") -> Answer:
    application = make_application(NO_PIPELINE, target="local", token="t", port=1, unfinished=UnfinishedWork())
    return send_request(application, path, method=method, headers=OWN)


def test_a_request_for_headers_only_ends_also_where_events_are_sent() -> None:
    application = make_application(NO_PIPELINE, target="local", token="t", port=1, unfinished=UnfinishedWork())
    routes = [route for route in application.routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    answers = {route.path: send_request(application, route.path, method="HEAD", headers=OWN) for route in routes}
    streams = [path for path, answer in answers.items() if "event-stream" in (answer.header("content-type") or "")]
    assert {"/api/pipeline", "/api/data", "/api/dead-letters", "/api/proofs"} <= set(streams)
    assert not any(answers[path].text for path in streams)
