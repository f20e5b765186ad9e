"""Entry points of the guard's Cloud Functions. A mistake in the environment keeps them from starting."""

import os

import functions_framework
from cloudevents.http import CloudEvent
from flask import Request
from sluice_guard.environment import GuardSettings
from sluice_guard.handlers import Guard

_GUARD = Guard(settings=GuardSettings.parse(os.environ))


@functions_framework.cloud_event
def on_budget(event: CloudEvent) -> None:
    """Handle a budget message. An exception is answered with 500, so that the message is delivered again."""
    _GUARD.on_budget(event.data)


@functions_framework.http
def on_clock(request: Request) -> str:
    """Handle a call of the Scheduler job. An exception is answered with 500, which the Scheduler's log shows."""
    _GUARD.self_test.log_permissions()
    _GUARD.on_clock(request.get_data())
    return "ok"
