package sluice.sink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What a task commits: offsets of written records, and what it waits for as their metadata. */
class CommittableOffsetsTest {
    private static final TopicPartition PARTITION = new TopicPartition("images", 3);
    private static final TopicPartition OTHER = new TopicPartition("images", 4);

    private final CommittableOffsets offsets = new CommittableOffsets();

    private Map<TopicPartition, OffsetAndMetadata> committed(String report) {
        return offsets.committable(
                Map.of(PARTITION, new OffsetAndMetadata(7), OTHER, new OffsetAndMetadata(9)), report);
    }

    @Test
    void taskThatNeverGotRecordsCommitsNothingUnlessItWaits() {
        assertEquals(Map.of(), committed(""));
    }

    @Test
    void reportIsTakenBackAfterAWaitWithoutAnyRecord() {
        assertEquals(new OffsetAndMetadata(7, "waits"), committed("waits").get(PARTITION));
        assertEquals(Map.of(PARTITION, new OffsetAndMetadata(7, ""), OTHER, new OffsetAndMetadata(9, "")), committed(""));
    }

    @Test
    void reportOfAPartitionWithoutRecordsIsTakenBackTooWhereAnotherHadSome() {
        committed("waits");
        offsets.set(Map.of(PARTITION, 5L));
        assertEquals(Map.of(PARTITION, new OffsetAndMetadata(5, ""), OTHER, new OffsetAndMetadata(9, "")), committed(""));
    }
}
