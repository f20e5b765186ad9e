"""`sluice dlq send`: sends dead letters again to their original topics, each only once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from producer.gps.encode_row import TOPIC as ROWS_TOPIC
from producer.gps.partition import partition_of_key
from producer.kafka import kafka_errors
from producer.kafka.connection import KafkaUser
from producer.kafka.record_arrays import ANY_PARTITION
from producer.runtime.exit_status import Exit, SluiceError
from sluice.dead_letters.dead_letter import DeadLetter
from sluice.dead_letters.sent_letters import SentLetters

_BATCH_LETTERS = 500
_BATCH_BYTES = 32 << 20
"""Limits of a batch, which is recorded as sent when all of it is acknowledged: a kill in between sends it twice."""
_LARGEST = 256 << 20
"""Maximum size of a record in bytes; the topic's own limit is what counts."""
_WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.1
_METADATA_SECONDS = 10.0


@dataclass(kw_only=True)
class SendPlan:
    """The letters to send, determined before the first one is sent."""

    offsets: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    """Offsets to send, by topic of dead letters and partition."""
    topics: Counter[str] = field(default_factory=Counter[str])
    """Number to send, by original topic."""
    sent_before: int = 0
    without_original_topic: int = 0

    @property
    def total(self) -> int:
        """Number of letters to send."""
        return self.topics.total()

    def includes(self, letter: DeadLetter) -> bool:
        """Whether the letter is in the plan: the user has not confirmed one that came later."""
        return letter.offset in self.offsets.get((letter.topic, letter.partition), ())


@dataclass(kw_only=True)
class SendResult:
    """Result of sending dead letters again."""

    plan: SendPlan
    acknowledged: Counter[str] = field(default_factory=Counter[str])
    """Number acknowledged, by original topic."""
    problem: str | None = None
    interrupted: bool = False

    @property
    def status(self) -> Exit:
        """INTERRUPTED after Ctrl-C, INCOMPLETE if one was not acknowledged, else OK."""
        if self.interrupted:
            return Exit.INTERRUPTED
        return Exit.INCOMPLETE if self.problem or self.acknowledged.total() < self.plan.total else Exit.OK

    def as_object(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "chosen": self.plan.total,
            "sent": self.acknowledged.total(),
            "by_topic": dict(self.acknowledged),
            "sent_before": self.plan.sent_before,
            "without_original_topic": self.plan.without_original_topic,
            "problem": self.problem,
        }


def plan_send(letters: Iterable[DeadLetter], *, sent_letters: SentLetters, again: bool) -> SendPlan:
    """Plan to send these letters; with `again` also those that were sent before."""
    plan = SendPlan()
    for letter in letters:
        if letter.original_topic is None:
            plan.without_original_topic += 1
        elif not again and sent_letters.includes(letter.topic, letter.partition, letter.offset):
            plan.sent_before += 1
        else:
            plan.offsets[letter.topic, letter.partition].add(letter.offset)
            plan.topics[letter.original_topic] += 1
    return plan


def send_letters(
    letters: Iterable[DeadLetter],
    *,
    plan: SendPlan,
    sent_letters: SentLetters,
    user: KafkaUser,
    tick: Callable[[int], None],
) -> SendResult:
    """Send those of the letters that are in the plan, and record the acknowledged ones in `sent_letters`.

    `tick` is called for each letter, and ten times a second while Kafka acknowledges, with the number acknowledged. If
    it raises an exception, the batch under way is finished and SendStoppedError is raised; if it raises a second one,
    the batch is not waited for.
    """
    result = SendResult(plan=plan)
    sender = _Sender(user)

    def check() -> None:
        tick(result.acknowledged.total())

    for batch in _batches(_planned(letters, result, check)):
        stop = sender.send(batch, tick=check)
        sent_letters.add(sender.offsets)
        result.acknowledged.update(sender.by_topic)
        result.problem = sender.problem
        if stop is not None:
            raise SendStoppedError(result) from stop
        if result.problem:
            break
    return result


def _planned(letters: Iterable[DeadLetter], result: SendResult, check: Callable[[], None]) -> Iterator[DeadLetter]:
    for letter in letters:
        try:
            check()
        except Exception as error:  # before the next batch is sent
            raise SendStoppedError(result) from error
        if result.plan.includes(letter):
            yield letter


class SendStoppedError(Exception):
    """`tick` raised an exception; `result` is what was sent until then."""

    def __init__(self, result: SendResult) -> None:
        super().__init__()
        self.result = result


def _batches(letters: Iterable[DeadLetter]) -> Iterator[list[DeadLetter]]:
    batch: list[DeadLetter] = []
    size = 0
    for letter in letters:
        batch.append(letter)
        size += len(letter.value or b"")
        if len(batch) >= _BATCH_LETTERS or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Sender:
    """Sends batches of letters as the user producer; its attributes are the result of the last batch."""

    def __init__(self, user: KafkaUser) -> None:
        self.offsets: dict[tuple[str, int], list[int]] = {}
        """Offsets acknowledged, by topic of dead letters and partition."""
        self.by_topic: Counter[str] = Counter()
        self.problem: str | None = None
        settings: dict[str, Any] = {
            "acks": "all",
            "enable.idempotence": True,
            # As in producer/kafka/: a key has the same partition as in a load. Of rows, see _partition().
            "partitioner": "murmur2_random",
            "message.max.bytes": _LARGEST,
            "message.timeout.ms": round(_WAIT_SECONDS * 1000),
            "log_level": 0,
            "error_cb": self._on_error,
        }
        self._last_error: KafkaError | None = None
        self._row_partitions = 0
        try:
            self._producer = Producer(user.client_settings() | settings)
        except KafkaException as error:
            raise SluiceError(
                f"the settings for Kafka are not accepted: {kafka_errors.describe(error.args[0])}"
            ) from error

    def send(self, batch: list[DeadLetter], *, tick: Callable[[], None]) -> BaseException | None:
        """Send a batch and wait until each letter is acknowledged or failed; return the exception of `tick`, if any."""
        self.offsets, self.by_topic = defaultdict(list), Counter()
        stopped: BaseException | None = None
        for letter in batch:
            self._produce(letter)
        while self._producer.flush(_POLL_SECONDS):
            try:
                tick()
            except Exception as error:
                if stopped is not None:
                    self._abandon(batch)
                    break
                stopped = error  # go on waiting: an acknowledged letter that is not recorded would be sent again
        return stopped or _raised_by(tick)

    def _abandon(self, batch: list[DeadLetter]) -> None:
        """Do not send what is still here of a batch, nor wait for what is on its way."""
        self._producer.purge()
        self._producer.flush(_POLL_SECONDS)
        if missing := len(batch) - self.by_topic.total():
            self.problem = f"{missing:,} were not acknowledged: those of them that Kafka has taken may be sent twice"

    def _produce(self, letter: DeadLetter) -> None:
        def done(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                self.offsets[letter.topic, letter.partition].append(letter.offset)
                self.by_topic[letter.original_topic or ""] += 1
            else:
                self._fail(letter, error)

        try:
            self._producer.produce(
                letter.original_topic or "",
                key=letter.key,
                value=letter.value,
                headers=list(letter.own_headers),
                on_delivery=done,
                partition=self._partition(letter),
            )
        except KafkaException as error:
            self._fail(letter, error.args[0])

    def _partition(self, letter: DeadLetter) -> int:
        """Return the partition in which a load puts the letter's key; raises KafkaException if Kafka does not say."""
        if letter.original_topic != ROWS_TOPIC:
            return ANY_PARTITION
        if not self._row_partitions:
            topic = self._producer.list_topics(ROWS_TOPIC, timeout=_METADATA_SECONDS).topics[ROWS_TOPIC]
            if topic.error is not None:
                raise KafkaException(topic.error)
            self._row_partitions = len(topic.partitions)
        return partition_of_key(letter.key, self._row_partitions)

    def _fail(self, letter: DeadLetter, error: KafkaError) -> None:
        why = kafka_errors.explain(error, self._last_error)
        self.problem = self.problem or f"{letter.address} was not acknowledged by topic {letter.original_topic}: {why}"

    def _on_error(self, error: KafkaError) -> None:
        self._last_error = kafka_errors.choose_specific(self._last_error, error)


def _raised_by(tick: Callable[[], None]) -> BaseException | None:
    try:
        tick()
    except Exception as error:
        return error
    return None
