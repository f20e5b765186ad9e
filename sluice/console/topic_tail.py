"""The end of a topic, for a part of a view: read again and again, and opened again after an error."""

from confluent_kafka import Message

from sluice.console.shown_pipeline import ShownPipeline
from sluice.view.newest_records import NewestRecords


class TopicTail:
    """The newest records of a topic, which the pipeline need not have at all times. Used by one thread at a time."""

    def __init__(self, pipeline: ShownPipeline, topic: str) -> None:
        self._pipeline = pipeline
        self._topic = topic
        self._reader: NewestRecords | None = None

    def read(self, count: int) -> list[Message]:
        """Return records that have come since the last call; after an error, the newest (NewestRecords.read_new)."""
        if self._reader is None:
            self._reader = NewestRecords(self._pipeline.endpoints.consumer, self._topic)
        try:
            return self._reader.read_new(count)
        except BaseException:
            self._reader.close()
            self._reader = None
            raise


def key_of(record: Message) -> bytes:
    """Return a record's key; empty where it has none."""
    key = record.key()
    return key.encode() if isinstance(key, str) else key or b""
