"""Clients by which pages read dead letters; they stay open between two questions."""

from collections.abc import Iterable

from sluice.dead_letters.letter_reader import LetterFilter, dead_letter_topics, select_topics
from sluice.dead_letters.newest_letters import ChunkReader, Spans
from sluice.dead_letters.sent_letters import SentLetters
from sluice.view.endpoints import Endpoints
from sluice.view.kafka_status import KafkaInspector
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas


class LetterClients:
    """The clients of one pipeline. Of one thread; close them after use."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._kafka = KafkaInspector(endpoints.consumer)
        self.sent_letters = SentLetters(endpoints.consumer)
        self.read_chunk = ChunkReader(endpoints.consumer)
        self.decode = Decoder(RegistrySchemas(endpoints.compatible_registry))

    def topics(self, letter_filter: LetterFilter) -> tuple[str, ...]:
        """Return the topics of dead letters that match; raises SluiceError as matching_topics() does."""
        return select_topics(dead_letter_topics(self._kafka), letter_filter)

    def spans(self, topics: Iterable[str]) -> Spans:
        """Return first and end offset of each partition of the topics."""
        found = self._kafka.spans(tuple(topics))
        return {(topic, number): span for topic, spans in found.items() for number, span in spans.items()}

    def close(self) -> None:
        """Close the connections to Kafka."""
        self.sent_letters.close()
        self.read_chunk.close()
