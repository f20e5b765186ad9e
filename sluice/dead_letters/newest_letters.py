"""Why the newest letters of a topic of dead letters were set aside, without a scan of the whole topic."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from producer.kafka.connection import KafkaUser
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.view.topic_reader import TopicReader

NEWEST = 20
"""Letters of each partition that are read."""
# A letter may be an image of several MiB: the client is not to fetch many more than are asked for.
_SMALL_QUEUE = {"queued.max.messages.kbytes": 1024, "fetch.message.max.bytes": 262_144}


@dataclass(frozen=True, kw_only=True)
class LetterReason:
    """A reason, and how many of the newest letters have it."""

    reason: str
    count: int


@dataclass(frozen=True, kw_only=True)
class NewestLetters:
    """The newest letters of a topic by reason, the most frequent first."""

    read: int
    reasons: tuple[LetterReason, ...]


def read_newest(user: KafkaUser, topic: str) -> NewestLetters:
    """Read the newest letters of a topic; raises SluiceError as TopicReader does."""
    examples: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    with closing(TopicReader(user, topic, settings=_SMALL_QUEUE)) as reader:
        for message in reader.backlog(last=NEWEST):
            letter = DeadLetter.from_record(message)
            counts[letter.reason_pattern] += 1
            examples.setdefault(letter.reason_pattern, set()).add(letter.reason)
    reasons = (
        # Numbers and names stay in a reason that all letters share.
        LetterReason(reason=next(iter(alike)) if len(alike := examples[pattern]) == 1 else pattern, count=count)
        for pattern, count in counts.most_common()
    )
    return NewestLetters(read=counts.total(), reasons=tuple(reasons))
