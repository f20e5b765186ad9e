"""Calls the guard's functions on the ways of the budget and of the Scheduler, and reads their answers from the log.

The functions accept internal calls only, so nobody else can call them: a Pub/Sub message and a Scheduler job can.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from typing import Any, Self
from uuid import uuid4

from infra.gcp.google_api import Google
from infra.gcp.guard_function.sluice_guard.google_requests import OutOfTimeError, WaitLimit
from infra.gcp.guard_function.sluice_guard.log import FIELD, Event
from infra.gcp.guard_function.sluice_guard.self_test import (
    DUE_FIELD,
    FOUND_FIELD,
    GRANTED_FIELD,
    MISSING_FIELD,
    PROBLEMS_FIELD,
    TEST_ATTRIBUTE,
    TEST_FIELD,
)

_POLLS_PER_CALL = 12
"""A call is repeated after so many looks at the log: a grant that is new is refused for some minutes."""
_CLOCK_DIFFERENCE = timedelta(minutes=2)
"""Google's clock may be behind this machine's."""
_REGULAR_CALL = timedelta(minutes=20)
"""There is a call of the clock within this time: one comes every 15 minutes."""
_ENABLED = "ENABLED"
_FINISHED = "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished"


@dataclass(frozen=True, kw_only=True)
class GuardParts:
    """Names of the guard's parts: the Scheduler job in full, the others in the project."""

    project: str
    topic: str
    clock_job: str
    on_budget: str
    on_clock: str

    @property
    def region(self) -> str:
        """Region of the functions and of the Scheduler job."""
        return self.clock_job.split("/")[3]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a function has logged about its permissions."""

    permissions: Mapping[str, bool]
    problems: Sequence[str]
    found: str = ""
    """What the guard would stop, and when."""
    due: bool = False
    """The time of the nodes is up: the next call of the clock stops them."""

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """Parse an entry of Cloud Logging."""
        payload = entry.get("jsonPayload", {})
        return cls(
            permissions={
                **dict.fromkeys(payload.get(GRANTED_FIELD, []), True),
                **dict.fromkeys(payload.get(MISSING_FIELD, []), False),
            },
            problems=payload.get(PROBLEMS_FIELD, []),
            found=payload.get(FOUND_FIELD, ""),
            due=payload.get(DUE_FIELD) is True,
        )


@dataclass(frozen=True, kw_only=True)
class GuardAnswers:
    """Answers of both functions; None for one that has not answered."""

    on_budget: Answer | None
    on_clock: Answer | None
    clock_failure: str = ""
    """Why there is no answer of the clock's function, where the Scheduler's log or the job's state says so."""

    def problems(self, parts: GuardParts) -> Mapping[str, str]:
        """Return a sentence for each thing that does not work, with what mends it or shows more."""
        place = f"--location {parts.region} --project {parts.project}"
        said = (answer.problems for answer in (self.on_budget, self.on_clock) if answer)
        found = dict.fromkeys(chain.from_iterable(said), "pulumi up --refresh, which restores roles and grants")
        if self.on_budget is None:
            silent = f"{parts.on_budget} does not answer a message on the topic {parts.topic}"
            found[silent] = f"gcloud eventarc triggers list {place} shows its trigger; then pulumi up --refresh"
        if self.on_clock is None:
            silent = f"{parts.on_clock} does not answer the clock's calls{self.clock_failure}"
            found[silent] = (
                f"gcloud scheduler jobs describe {parts.clock_job} shows the clock; then pulumi up --refresh"
            )
        return found


def call_guard(
    google: Google,
    parts: GuardParts,
    *,
    wait_limit: WaitLimit,
    until_good: bool,
    expected: AbstractSet[str] = frozenset(),
) -> GuardAnswers:
    """Ask both functions what they could do; nothing is stopped. Raises ApiError if the user may not ask them.

    `until_good` repeats the calls of a guard that lacks a permission, until `wait_limit`: new grants take minutes.
    An answer that does not speak of every `expected` permission is one of the functions' last version, and no answer.
    """
    test = uuid4().hex
    message = {"messages": [{"attributes": {TEST_ATTRIBUTE: test}}]}
    on_budget = _ask(
        lambda: google.post("pubsub", f"v1/projects/{parts.project}/topics/{parts.topic}:publish", message),
        lambda: _newest(
            google, parts, f'{entries_of(parts.on_budget)} AND jsonPayload.{TEST_FIELD}="{test}"', expected
        ),
        wait_limit=wait_limit,
        until_good=until_good,
    )
    if failure := _idle_clock(google, parts):
        return GuardAnswers(on_budget=on_budget, on_clock=None, clock_failure=failure)
    # A call when the time is up would stop the nodes: then the answers to the regular calls have to do.
    may_call = on_budget is not None and not on_budget.due
    since = datetime.now(UTC) - (_CLOCK_DIFFERENCE if may_call else _REGULAR_CALL)
    events = f'jsonPayload.{FIELD}=("{Event.RIGHTS}" OR "{Event.RIGHTS_MISSING}")'
    on_clock = _ask(
        lambda: may_call and google.post("cloudscheduler", f"v1/{parts.clock_job}:run", {}),
        lambda: _newest(
            google, parts, f"{entries_of(parts.on_clock)} AND {events} AND {since_filter(since)}", expected
        ),
        wait_limit=wait_limit,
        until_good=until_good,
    )
    failure = "" if on_clock else _clock_failure(google, parts, since)
    return GuardAnswers(on_budget=on_budget, on_clock=on_clock, clock_failure=failure)


def _idle_clock(google: Google, parts: GuardParts) -> str:
    job = google.find("cloudscheduler", f"v1/{parts.clock_job}")
    if job is None:
        return " (the clock does not exist)"
    state = job.get("state")
    return "" if state == _ENABLED else f" (the clock is {state})"


def _ask(
    call: Callable[[], object], find: Callable[[], Answer | None], *, wait_limit: WaitLimit, until_good: bool
) -> Answer | None:
    answer = None
    try:
        for look in count():
            if look % _POLLS_PER_CALL == 0:
                call()
            answer = find() or answer
            if answer and not (answer.problems and until_good):
                return answer
            wait_limit.pause("an answer of the guard")
    except OutOfTimeError:
        pass
    return answer


def entries_of(function: str) -> str:
    """Logging filter of a function: one of the 2nd generation is a Cloud Run service of its name."""
    return f'resource.type="cloud_run_revision" AND resource.labels.service_name="{function}"'


def since_filter(time: datetime) -> str:
    """Logging filter of a time, in UTC."""
    return f'timestamp>="{time:%Y-%m-%dT%H:%M:%SZ}"'


def newest_entry(google: Google, project: str, log_filter: str) -> Mapping[str, Any] | None:
    """Return the newest log entry of a filter, or None; raises ApiError."""
    body = {
        "resourceNames": [f"projects/{project}"],
        "filter": log_filter,
        "orderBy": "timestamp desc",
        "pageSize": 1,
    }
    entries = google.post("logging", "v2/entries:list", body).get("entries", [])
    return entries[0] if entries else None


def _newest(google: Google, parts: GuardParts, log_filter: str, expected: AbstractSet[str]) -> Answer | None:
    entry = newest_entry(google, parts.project, log_filter)
    answer = Answer.parse(entry) if entry else None
    # Without any permission in it, the answer is that they could not be tested.
    is_old = answer is not None and answer.permissions and not expected <= answer.permissions.keys()
    return None if is_old else answer


def _clock_failure(google: Google, parts: GuardParts, since: datetime) -> str:
    job = parts.clock_job.rpartition("/")[2]
    log_filter = (
        f'resource.type="cloud_scheduler_job" AND resource.labels.job_id="{job}" '
        f'AND jsonPayload."@type"="{_FINISHED}" AND {since_filter(since)}'
    )
    entry = newest_entry(google, parts.project, log_filter)
    if entry is None:
        return " (the Scheduler's log has no call)"
    status = entry.get("httpRequest", {}).get("status")
    problem = entry.get("jsonPayload", {}).get("status")
    return f" (the Scheduler was answered with {status or problem})" if status or problem else ""
