"""Sentences of a verdict on the sink: why something is missing, which records wait, dead letters."""

from sluice.proof.shared.sink_progress import SinkState
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX

_START_AGAIN = "Fix that, start the connector again (`sluice up` does for the local pipeline), and run the proof again."


def explain_missing(sink: SinkState, *, wait_seconds: float, items: str, remedy: str) -> tuple[str, ...]:
    """Explain by the sink's state why `items` ("rows") are missing, different or still there.

    `remedy` is the sentence on what helps where no record is waiting.
    """
    if sink.problems:
        return (
            *(f"{problem}." for problem in sink.problems),
            f"{_waiting(sink, items)}.",
            *((_START_AGAIN,) if sink.stuck else ()),
        )
    if sink.concerning:
        return (
            f"{_waiting(sink, items)} after {wait_seconds:g} s: the sink has not caught up. Run the proof"
            " again, or give it more time with --wait; `sluice status` shows its lag.",
        )
    nothing = "no record is waiting" if not sink.lag else f"no record of these {items} is waiting"
    return (f"The sink runs and {nothing}, so waiting does not help. {remedy}", *_lost(sink))


def can_change(sink: SinkState) -> str:
    """Return the end of a headline that holds only until the sink has processed the records that wait."""
    one = sink.concerning == 1
    return f" now, but {records(sink.concerning)} that can change this {'is' if one else 'are'} waiting for the sink"


def other_records(sink: SinkState, *, later: int, items: str) -> tuple[str, ...]:
    """Return sentences on the records that a verdict does not wait for."""
    others = sink.lag - sink.concerning
    waits = f"{records(others)} {'waits' if others == 1 else 'wait'} for the sink that cannot change this"
    came = f"{records(later)} came to the topic after the source had been read; the proof did not wait for them"
    return (
        *((f"{waits}: none is of these {items}.",) if others and not sink.concerning else ()),
        *((f"{came}.",) if later else ()),
    )


def dead_letter_sentences(count: int, *, topic: str) -> tuple[str, ...]:
    """Return a sentence on the dead letters in `topic`; none where there are no dead letters."""
    if not count:
        return ()
    connector = topic.removesuffix(DEAD_LETTERS_SUFFIX)
    there = f"There {are(count)} {records(count)} that the sink could not use"
    return (f"{there}: `sluice dlq --connector {connector}` says why.",)


def records(count: int) -> str:
    """Return a number of records in words: "1 record", "2 records"."""
    return counted(count, "record")


def counted(count: int, item: str) -> str:
    """Return a number of items in words: "1 row", "1,000 rows"."""
    return f"{count:,} {item}{'' if count == 1 else 's'}"


def are(count: int) -> str:
    """Return the verb for a number of items: "is" for 1, else "are"."""
    return "is" if count == 1 else "are"


def _waiting(sink: SinkState, items: str) -> str:
    if not sink.lag:
        return "No record is waiting for the sink"
    if not sink.concerning:
        return f"No record of these {items} is waiting for the sink"
    one = sink.concerning == 1
    return f"{records(sink.concerning)} that can change this {'was' if one else 'were'} waiting for the sink"


def _lost(sink: SinkState) -> tuple[str, ...]:
    if not sink.lost:
        return ()
    return (f"The topic deleted {records(sink.lost)} by age before the sink had read them: they are lost.",)
