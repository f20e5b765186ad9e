"""What every load does in the same way: send, wait for what was sent, and say what ended it."""

from collections.abc import Callable
from typing import TypeAlias

from producer.kafka import kafka_errors
from producer.kafka.delivery import Delivery
from producer.runtime.exit_status import Exit, SluiceError
from producer.sources.source_errors import SourceCutError

CUT = (
    "The source itself is cut or damaged, and loading it again would not mend that: make or fetch it anew, and load "
    "that; what is there already is only written once more."
)
AGAIN = "The same command again finishes the work: what is there already is only written once more."

Outcome: TypeAlias = tuple[Exit, str]
"""What ended a load early."""


class StopLoadError(Exception):
    """Raised by a tick to end a load: what was handed to Kafka is still waited for, unless it comes again."""


def run_stages(
    send: Callable[[], None], delivery: Delivery, *, tick: Callable[[], None], how_far: Callable[[], str]
) -> Outcome | None:
    """Send, then wait until it is known of every record what became of it; never raises for what a report can say.

    `how_far` is asked where the source ends early.
    """
    outcome = _stage(send, how_far)
    settled = _stage(lambda: delivery.finish(tick=tick), how_far)
    delivery.abandon()
    return outcome or settled


def unacknowledged(delivery: Delivery, *, things: str) -> Outcome | None:
    """Return what is to be said of records that were not acknowledged, if there are any."""
    acknowledged, problem = delivery.acknowledged, delivery.problem
    failed = delivery.handed - acknowledged
    if not failed and problem is None:
        return None
    cause = kafka_errors.why(problem, delivery.last_error)
    again = "" if problem is not None and kafka_errors.is_final(problem) else f" {AGAIN}"
    return Exit.INCOMPLETE, f"{acknowledged:,} {things} were acknowledged, {failed:,} were not: {cause}.{again}"


def too_many_rejects(allowed: int, *, things: str) -> Outcome:
    """Return what is to be said of a load that --max-rejects ended."""
    return Exit.REJECTED, f"stopped: more than {allowed:,} {things} were rejected (--max-rejects)"


def _stage(work: Callable[[], None], how_far: Callable[[], str]) -> Outcome | None:
    try:
        work()
    except StopLoadError:
        return Exit.INTERRUPTED, "interrupted"
    except SourceCutError as error:
        return error.status, f"{error}, {how_far()}. {CUT if error.is_cut else AGAIN}"
    except SluiceError as error:
        return error.status, str(error)
    return None
