"""Sending dead letters again in two steps, each of which another thread may watch: count them, then send them."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from enum import StrEnum
from typing import Any

from producer.runtime.exit_status import Exit, SluiceError
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.letter_reader import LetterFilter, matching_topics, read_all
from sluice.dead_letters.resend import SendPlan, SendResult, SendStoppedError, plan_send, send_letters
from sluice.dead_letters.sent_letters import SentLetters
from sluice.view.endpoints import Endpoints
from sluice.view.http_client import UnavailableError

_VALID_SECONDS = 600.0
"""Time for which what was counted may be sent, s: later, other letters may be there, or these may have been sent."""


class JobState(StrEnum):
    """State of a ResendJob."""

    COUNTING = "counting"
    COUNTED = "counted"
    SENDING = "sending"
    DONE = "done"


class _StoppedError(Exception):
    """The job is to stop."""


class ResendJob:
    """Counts the letters of a filter that are not sent yet, and sends these, when it was confirmed.

    `count` and `send` block; `as_object` and `stop` may be called meanwhile.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        letter_filter: LetterFilter,
        *,
        again: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.identity = secrets.token_hex(8)
        self.state = JobState.COUNTING
        self._endpoints = endpoints
        self._filter = letter_filter
        self._again = again
        self._clock = clock
        self._topics: tuple[str, ...] = ()
        self._stop = threading.Event()
        self._stops = False
        self._looked_at = 0
        self._sent = 0
        self._plan = SendPlan()
        self._counted_at = 0.0
        self._result: SendResult | None = None
        self._problem: str | None = None

    def count(self) -> None:
        """Count the letters to send. An error becomes the job's problem."""

        def count() -> None:
            self._topics = matching_topics(self._endpoints, self._filter)
            with closing(SentLetters(self._endpoints.consumer)) as sent_letters:
                plan = plan_send(self._matching(), sent_letters=sent_letters, again=self._again)
                sent_letters.check_metadata_size(plan.offsets)
            self._plan, self._counted_at = plan, self._clock()

        self._run(count, then=JobState.COUNTED)

    def confirm(self) -> None:
        """Begin to send; raises SluiceError with USAGE where there is nothing that may be sent."""
        if self.state != JobState.COUNTED or self._stop.is_set():
            raise SluiceError("these dead letters are not counted, or are sent already", status=Exit.USAGE)
        if self._clock() - self._counted_at > _VALID_SECONDS:
            raise SluiceError("these dead letters were counted too long ago; begin again", status=Exit.USAGE)
        self.state = JobState.SENDING

    def send(self) -> None:
        """Send what was counted. An error becomes the job's problem; what was sent until then stays recorded."""

        def send() -> None:
            with closing(SentLetters(self._endpoints.consumer)) as sent_letters:
                try:
                    self._result = send_letters(
                        self._letters(),
                        plan=self._plan,
                        sent_letters=sent_letters,
                        user=self._endpoints.producer,
                        tick=self._tick,
                    )
                except SendStoppedError as stopped:
                    self._result = stopped.result
                    self._result.interrupted = True
            self._problem = self._result.problem

        self._run(send, then=JobState.DONE)

    def stop(self) -> None:
        """Stop after the records under way."""
        self._stop.set()

    def as_object(self) -> dict[str, Any]:
        """Return state and result as JSON types."""
        result = self._result
        return {
            "job": self.identity,
            "state": self.state,
            "looked_at": self._looked_at,
            "letters": self._plan.total,
            "topics": dict(sorted(self._plan.topics.items())),
            "sent_before": self._plan.sent_before,
            "without_original_topic": self._plan.without_original_topic,
            "sent": self._sent if result is None else result.acknowledged.total(),
            "by_topic": {} if result is None else dict(sorted(result.acknowledged.items())),
            "stopped": self._stop.is_set(),
            "problem": self._problem,
        }

    def _run(self, step: Callable[[], None], *, then: JobState) -> None:
        try:
            step()
        except _StoppedError:
            then = JobState.DONE
        except (SluiceError, UnavailableError) as error:
            self._problem = str(error)
            then = JobState.DONE
        except BaseException:
            self._problem = "the console has failed; its terminal says why"
            self.state = JobState.DONE
            raise
        self.state = then

    def _letters(self) -> Iterator[DeadLetter]:
        self._looked_at = 0
        for letter in read_all(self._endpoints, self._topics, self._filter.addresses):
            self._looked_at += 1
            yield letter

    def _matching(self) -> Iterator[DeadLetter]:
        for letter in self._letters():
            if self._stop.is_set():
                raise _StoppedError
            if self._filter.matches(letter):
                yield letter

    def _tick(self, sent: int) -> None:
        self._sent = sent
        if self._stop.is_set() and not self._stops:
            self._stops = True  # a second exception would not wait for the batch under way
            raise _StoppedError
