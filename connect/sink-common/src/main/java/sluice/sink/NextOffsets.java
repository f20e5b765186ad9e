package sluice.sink;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;

/** Offsets after records, and of the first ones, by partition. */
public final class NextOffsets {
    private NextOffsets() { }

    /** Returns the offset after the last record of each partition among the records from `from` to `to`. */
    public static Map<TopicPartition, Long> of(List<SinkRecord> records, int from, int to) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (int index = from; index < to; index++) {
            SinkRecord record = records.get(index);
            // Records of a partition are neighbours: only the last of them counts.
            if (index + 1 == to || !samePartition(record, records.get(index + 1))) {
                offsets.put(partition(record), record.originalKafkaOffset() + 1);
            }
        }
        return offsets;
    }

    /** Returns the offset of the first record of each partition. */
    public static Map<TopicPartition, Long> firstOf(List<SinkRecord> records) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (int index = 0; index < records.size(); index++) {
            SinkRecord record = records.get(index);
            if (index == 0 || !samePartition(record, records.get(index - 1))) {
                offsets.putIfAbsent(partition(record), record.originalKafkaOffset());
            }
        }
        return offsets;
    }

    public static TopicPartition partition(SinkRecord record) {
        return new TopicPartition(record.originalTopic(), record.originalKafkaPartition());
    }

    private static boolean samePartition(SinkRecord one, SinkRecord other) {
        return one.originalKafkaPartition().equals(other.originalKafkaPartition())
                && one.originalTopic().equals(other.originalTopic());
    }
}
