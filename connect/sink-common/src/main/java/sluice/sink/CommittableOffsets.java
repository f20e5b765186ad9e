package sluice.sink;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkRecord;

/**
 * Offsets of a task's partitions that may be committed: those after written records only. Connect counts a batch as
 * processed that waits for a retry while its partitions are revoked and assigned again (seen in 4.3.1): its records would
 * never be written and never read again.
 *
 * <p>While a task waits, the offsets carry what it waits for as their metadata. Connect has no other place for it: the
 * task's state is RUNNING. `sluice status` reads it from the sink's consumer group.
 */
public final class CommittableOffsets {
    private final Map<TopicPartition, Long> next = new HashMap<>();
    private boolean delivered;

    /** Takes the offsets after records that are acknowledged, or before records that the store has lost again. */
    public void set(Map<TopicPartition, Long> offsets) {
        delivered = true;
        next.putAll(offsets);
    }

    /** Takes records that will be put again: those before them are written, if this task ever got any. */
    public void waiting(Collection<SinkRecord> records) {
        delivered = true;
        for (SinkRecord record : records) {
            next.putIfAbsent(NextOffsets.partition(record), record.originalKafkaOffset());
        }
    }

    /** Forgets partitions that the task has lost. */
    public void release(Collection<TopicPartition> partitions) {
        next.keySet().removeAll(partitions);
    }

    /**
     * Returns what preCommit() returns.
     *
     * @param current what Connect counts as processed
     * @param report what the task waits for; nothing if it does not
     */
    public Map<TopicPartition, OffsetAndMetadata> committable(
            Map<TopicPartition, OffsetAndMetadata> current, String report) {
        Map<TopicPartition, OffsetAndMetadata> committable = new HashMap<>();
        current.forEach((partition, processed) -> {
            Long offset = next.get(partition);
            if (offset == null && !delivered && !report.isEmpty()) {
                offset = processed.offset(); // Nothing was delivered yet: it is where the task began.
                next.put(partition, offset); // So that it is committed without the report once the wait is over.
            }
            if (offset != null) {
                // Before the first record there may be a gap, which Connect has not passed yet.
                committable.put(partition, new OffsetAndMetadata(Math.min(offset, processed.offset()), report));
            }
        });
        return committable;
    }
}
