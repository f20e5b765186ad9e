"""The end of a topic, for a part of a view: read again and again, each record once, decoded."""

from collections.abc import Callable

from confluent_kafka import Message

from sluice.console.pipeline_client import PipelineClient
from sluice.console.shown_pipeline import ShownPipeline
from sluice.view.newest_records import NewestRecords, NewRecords
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas


def pipeline_decoder(pipeline: ShownPipeline) -> Callable[[], Decoder]:
    """Return what returns the decoder of the pipeline as it is now: another one begins its schemas' numbers again."""
    client = PipelineClient(pipeline, lambda endpoints: Decoder(RegistrySchemas(endpoints.compatible_registry)))
    return lambda: client.ask(lambda decoder: decoder)


class TopicTail:
    """The newest records of a topic, which the pipeline need not have at all times. Used by one thread at a time.

    `take` is given the new ones, the oldest first, and a decoder: of each partition `first` at most, and `later` when
    it has been given some. `clear` is called before, where these are of another topic or another pipeline.
    """

    def __init__(
        self,
        pipeline: ShownPipeline,
        topic: str,
        *,
        first: int,
        later: int,
        take: Callable[[list[Message], Decoder], None],
        clear: Callable[[], None],
    ) -> None:
        self._first, self._later = first, later
        self._take = take
        self._clear = clear
        self._decoder = pipeline_decoder(pipeline)
        self._reader = PipelineClient(
            pipeline,
            lambda endpoints: NewestRecords(endpoints.consumer, topic),
            NewestRecords.close,
            forget=self._forget,
        )
        self._read_to: dict[int, int] = {}

    def read(self) -> None:
        """Give the records that have come since the last call, or the newest if there was none.

        Raises SluiceError; what was not taken comes the next time.
        """
        new = self._reader.ask(self._read_new)
        if new.anew:
            self._forget()
        self._take(new.records, self._decoder())
        self._read_to = dict(new.ends)

    def close(self) -> None:
        """Close the connection to Kafka; the next call of `read` opens it again, and goes on."""
        self._reader.close()

    def _read_new(self, reader: NewestRecords) -> NewRecords:
        return reader.read_new(self._later if any(self._read_to.values()) else self._first, self._read_to)

    def _forget(self) -> None:
        self._read_to = {}
        self._clear()


def key_of(record: Message) -> bytes:
    """Return a record's key; empty where it has none."""
    key = record.key()
    return key.encode() if isinstance(key, str) else key or b""
