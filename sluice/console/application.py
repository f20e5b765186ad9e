"""The console's application: its one page, its files, and the answers of its views."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from producer.runtime.exit_status import SluiceError
from sluice.console import connectors_view, data_view, dead_letters_view, pipeline_view, proofs_view, topics_view
from sluice.console.access import AccessControl
from sluice.console.error_answers import ErrorAnswers, respond_with_sentence
from sluice.console.json_response import respond_with_problem
from sluice.console.pipeline_watch import pipeline_samples
from sluice.console.shown_pipeline import ShownPipeline
from sluice.console.unfinished_work import UnfinishedWork
from sluice.view.http_client import UnavailableError

FOLDER = Path(__file__).parent
VIEWS = (topics_view, data_view, proofs_view)
"""Modules with a function `routes(pipeline)`: the requests that a view of the page sends."""


def make_application(
    pipeline: ShownPipeline, *, target: str, token: str, port: int, unfinished: UnfinishedWork
) -> Starlette:
    """Return the console for a pipeline, reached at `port` of this machine by those who have the token.

    `target` is that of the command line, which the page shows. `unfinished` gets what has to be waited for at the end.
    """
    templates = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
    page = templates.get_template("console.html.j2").render(target=target)

    samples = pipeline_samples(pipeline)

    async def show_page(_: Request) -> HTMLResponse:
        return HTMLResponse(page)

    return Starlette(
        routes=[
            Route("/", show_page),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
            *pipeline_view.routes(samples),
            *connectors_view.routes(pipeline, samples),
            *(route for view in VIEWS for route in view.routes(pipeline)),
            *dead_letters_view.routes(pipeline, unfinished),
        ],
        middleware=[Middleware(AccessControl, token=token, port=port), Middleware(ErrorAnswers)],
        exception_handlers={
            SluiceError: respond_with_problem,
            UnavailableError: respond_with_problem,
            HTTPException: respond_with_sentence,
        },
    )
