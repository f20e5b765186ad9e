"""Clients by which pages read dead letters; they stay open between two questions."""

from sluice.dead_letters.letter_reader import LetterFilter, select_topics
from sluice.dead_letters.newest_letters import ChunkReader, Spans
from sluice.dead_letters.sent_letters import SentLetters
from sluice.view.endpoints import Endpoints
from sluice.view.kafka_status import KafkaInspector
from sluice.view.pipeline_status import DEAD_LETTERS_SUFFIX
from sluice.view.record_decoder import Decoder
from sluice.view.registry_schemas import RegistrySchemas


class LetterClients:
    """The clients of one pipeline. Of one thread; close them after use."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._kafka = KafkaInspector(endpoints.consumer)
        self.sent_letters = SentLetters(endpoints.consumer)
        self.read_chunk = ChunkReader(endpoints.consumer)
        self.decode = Decoder(RegistrySchemas(endpoints.compatible_registry))

    def spans(self, letter_filter: LetterFilter) -> Spans:
        """Return where the topics of dead letters that match begin and end; raises SluiceError as matching_topics()."""
        found = self._kafka.spans(DEAD_LETTERS_SUFFIX)
        topics = select_topics(tuple(found), letter_filter)
        return {(topic, number): span for topic in topics for number, span in found[topic].items()}

    def close(self) -> None:
        """Close the connections to Kafka."""
        self.sent_letters.close()
        self.read_chunk.close()
