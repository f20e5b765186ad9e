"""Dead letters are counted, and sent only after that, once, and soon."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from producer.runtime.exit_status import SluiceError
from sluice.dead_letters import resend_job
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.letter_reader import LetterFilter
from sluice.dead_letters.resend import SendPlan, SendResult, SendStoppedError
from sluice.dead_letters.resend_job import JobState, ResendJob
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError
from tests.unit.sluice.dead_letters.letters import letter


class FakeSent:
    """SentLetters of which the first letter was sent."""

    def __init__(self, _: object) -> None:
        pass

    def includes(self, topic: str, partition: int, offset: int) -> bool:
        del topic, partition
        return offset == 0

    def check_metadata_size(self, offsets: object) -> None:
        """They fit."""

    def close(self) -> None:
        """Nothing is open."""


class Now:
    """A clock that a test sets."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> ResendJob:
    def read(*_: object) -> Iterator[DeadLetter]:
        yield from (letter(offset, origin="" if offset == 1 else "gps-fixes") for offset in range(5))

    def send(letters: Iterator[DeadLetter], *, plan: SendPlan, **_: Any) -> SendResult:
        result = SendResult(plan=plan)
        result.acknowledged.update(one.original_topic or "" for one in letters if plan.includes(one))
        return result

    monkeypatch.setattr(resend_job, "matching_topics", lambda *_: ("t",))
    monkeypatch.setattr(resend_job, "SentLetters", FakeSent)
    monkeypatch.setattr(resend_job, "read_all", read)
    monkeypatch.setattr(resend_job, "send_letters", send)
    return new_job(Now())


def new_job(clock: Now, letter_filter: LetterFilter | None = None) -> ResendJob:
    fake = cast("Endpoints", type("FakeEndpoints", (), {"consumer": None, "producer": None})())
    return ResendJob(fake, letter_filter or LetterFilter(), again=False, clock=clock)


def test_what_was_counted_is_sent_once(job: ResendJob) -> None:
    with pytest.raises(SluiceError, match="not counted"):
        job.confirm()
    job.count()
    counted = job.as_object()
    assert (counted["state"], counted["letters"], counted["topics"]) == (JobState.COUNTED, 3, {"gps-fixes": 3})
    assert (counted["sent_before"], counted["without_original_topic"], counted["looked_at"]) == (1, 1, 5)
    job.confirm()
    with pytest.raises(SluiceError, match="sent already"):
        job.confirm()
    job.send()
    done = job.as_object()
    assert (done["state"], done["sent"], done["by_topic"], done["problem"]) == ("done", 3, {"gps-fixes": 3}, None)


def test_what_was_counted_long_ago_is_not_sent(job: ResendJob) -> None:
    del job
    clock = Now()
    late = new_job(clock)
    late.count()
    clock.seconds = 601
    with pytest.raises(SluiceError, match="too long ago"):
        late.confirm()


def test_a_stopped_job_is_not_sent(job: ResendJob) -> None:
    job.stop()
    job.count()
    assert (job.state, job.as_object()["stopped"], job.as_object()["problem"]) == (JobState.DONE, True, None)
    with pytest.raises(SluiceError, match="not counted"):
        job.confirm()


def test_an_error_is_the_jobs_problem(job: ResendJob, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Iterator[DeadLetter]:
        yield letter()
        raise UnavailableError("Kafka does not answer")

    job.count()
    job.confirm()
    monkeypatch.setattr(resend_job, "read_all", fail)
    job.send()
    assert (job.state, job.as_object()["problem"]) == (JobState.DONE, "Kafka does not answer")


def test_letters_are_counted_and_it_stops_where_none_matches(job: ResendJob, monkeypatch: pytest.MonkeyPatch) -> None:
    del job
    rare = new_job(Now(), LetterFilter(reason="another"))
    rare.count()
    assert (rare.as_object()["looked_at"], rare.as_object()["letters"]) == (5, 0)

    def read(*_: object) -> Iterator[DeadLetter]:
        for offset in range(1000):
            yield letter(offset)
            if offset == 9:
                stopped.stop()

    stopped = new_job(Now(), LetterFilter(reason="another"))
    monkeypatch.setattr(resend_job, "read_all", read)
    stopped.count()
    assert (stopped.state, stopped.as_object()["looked_at"]) == (JobState.DONE, 11)


def test_a_job_that_sends_asks_once_to_stop(job: ResendJob, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[Exception] = []

    def send(_: object, *, plan: SendPlan, tick: Callable[[int], None], **__: Any) -> SendResult:
        job.stop()
        for _ in range(3):
            try:
                tick(2)
            except Exception as error:
                raised.append(error)
        raise SendStoppedError(SendResult(plan=plan))

    job.count()
    job.confirm()
    monkeypatch.setattr(resend_job, "send_letters", send)
    job.send()
    assert (job.state, job.as_object()["stopped"], len(raised)) == (JobState.DONE, True, 1)
