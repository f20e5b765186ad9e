package sluice.sink;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Next offsets of the partitions of a task after what its store has acknowledged, to be committed.
 *
 * <p>A task keeps them itself: Connect 4.3.1 counts a batch as processed that waits for a retry while its partitions
 * are revoked and assigned again. Its records were never written, and would never be read again.
 */
public final class AcknowledgedOffsets {
    private final Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();

    /** Takes the offsets after records that are acknowledged, or before records that the store has lost again. */
    public void set(Map<TopicPartition, Long> next) {
        next.forEach((partition, offset) -> offsets.put(partition, new OffsetAndMetadata(offset)));
    }

    /** Returns what Connect may commit of the partitions of a commit. */
    public Map<TopicPartition, OffsetAndMetadata> committable(Set<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> committable = new HashMap<>(offsets);
        committable.keySet().retainAll(partitions);
        return committable;
    }

    /** Forgets partitions that the task has lost. */
    public void release(Collection<TopicPartition> partitions) {
        offsets.keySet().removeAll(partitions);
    }
}
