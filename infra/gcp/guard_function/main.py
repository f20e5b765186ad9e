"""The guard's entry points, as Cloud Functions calls them. A mistake in the environment keeps it from starting."""

import os

import functions_framework
from cloudevents.http import CloudEvent
from flask import Request
from sluice_guard.environment import Settings
from sluice_guard.handlers import Guard

_GUARD = Guard(settings=Settings.parse(os.environ))


@functions_framework.cloud_event
def on_budget(event: CloudEvent) -> None:
    """A budget's message. What is raised is answered with 500, so that the message is delivered again."""
    _GUARD.on_budget(event.data)


@functions_framework.http
def on_clock(request: Request) -> str:
    """A tick of the clock. What is raised is answered with 500, which the Scheduler's log shows."""
    _GUARD.on_clock(request.get_data())
    return "ok"
