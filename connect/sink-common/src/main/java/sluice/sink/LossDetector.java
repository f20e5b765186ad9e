package sluice.sink;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a store has lost what it had acknowledged, and goes back in the topic: the store was killed before it had
 * synced, was emptied, or was restored from a backup.
 *
 * <p>For this the store holds the next offset of each partition, written in the transaction of the records before it.
 * Where that offset is behind the task's, the records from there on come again. The task never goes forward: offsets of
 * the group that somebody has set to an earlier place are followed.
 */
public final class LossDetector {
    /** Offset of a partition of which the store holds none. */
    public static final long MISSING = -1;

    private static final Logger LOG = LoggerFactory.getLogger(LossDetector.class);
    private static final long IDLE_INTERVAL = TimeUnit.SECONDS.toNanos(1);

    /** Reads the offsets that the store holds, MISSING for one that it does not hold. */
    public interface Reader {
        Map<TopicPartition, Long> read(Set<TopicPartition> partitions);
    }

    private final String store;
    private final SinkTaskContext context;
    private final CommittableOffsets acknowledged;
    /** Offsets before which the store must have everything. */
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    /** Partitions whose offset in the store has been compared since the last failure. */
    private final Set<TopicPartition> compared = new HashSet<>();
    /** Offsets from which records come again; removed with the first of them. */
    private final Map<TopicPartition, Long> again = new HashMap<>();
    /** Partitions whose records are left out of a batch that is not written yet, however often it is put. */
    private final Set<TopicPartition> leftOut = new HashSet<>();
    private long lastCheck = System.nanoTime();

    /** `store` is its name in messages: Redis at 127.0.0.1:6379. */
    public LossDetector(String store, SinkTaskContext context, CommittableOffsets acknowledged) {
        this.store = store;
        this.context = context;
        this.acknowledged = acknowledged;
    }

    /**
     * Compares partitions that were not compared since the last failure. Returns the records to be written now: without
     * those of partitions of which the store has lost something, because they come again after what is lost.
     */
    public List<SinkRecord> check(List<SinkRecord> records, Reader reader) {
        Map<TopicPartition, Long> first = NextOffsets.firstOf(records);
        first.forEach(positions::putIfAbsent);
        leftOut.addAll(compare(reader));
        compared.addAll(positions.keySet());
        lastCheck = System.nanoTime();
        first.keySet().removeAll(leftOut);
        first.forEach(this::warnOfGap);
        return leftOut.isEmpty() ? records
                : records.stream().filter(record -> !leftOut.contains(NextOffsets.partition(record))).toList();
    }

    /** Compares all partitions once a second while no record comes: the last records may be what is lost. */
    public void checkIdle(Reader reader) {
        if (positions.isEmpty() || System.nanoTime() - lastCheck < IDLE_INTERVAL) {
            return;
        }
        try {
            checkNow(reader);
        } catch (RetriableException error) {
            LOG.debug("{}; the offsets are compared as soon as it answers", error.getMessage());
        }
    }

    /** Compares all partitions. */
    public void checkNow(Reader reader) {
        compared.clear();
        try {
            compare(reader);
        } finally {
            lastCheck = System.nanoTime();
        }
    }

    /** Goes back where the store is behind, and returns these partitions. */
    private Set<TopicPartition> compare(Reader reader) {
        Set<TopicPartition> open = new HashSet<>(positions.keySet());
        open.removeAll(compared);
        Set<TopicPartition> missed = new HashSet<>();
        if (open.isEmpty()) {
            return missed;
        }
        reader.read(open).forEach((partition, stored) -> {
            long position = positions.get(partition);
            if (Math.max(stored, 0) < position) {
                goBack(partition, position, stored);
                missed.add(partition);
            }
        });
        if (!missed.isEmpty()) {
            // So that the group's lag is true at once. Connect commits before it goes back.
            context.requestCommit();
        }
        return missed;
    }

    private void goBack(TopicPartition partition, long position, long stored) {
        // If retention has deleted it, the consumer starts at the first offset that there is.
        long start = Math.max(stored, 0);
        if (stored == MISSING) {
            LOG.warn("{} has no offset of topic {}, partition {}: it was emptied, restored from before, or is written to "
                    + "for the first time; going back from offset {} to {}", store, partition.topic(),
                    partition.partition(), position, start);
        } else {
            LOG.warn("{} has lost what it had acknowledged of topic {}, partition {}; going back from offset {} to {}",
                    store, partition.topic(), partition.partition(), position, start);
        }
        context.offset(partition, start);
        positions.put(partition, start);
        again.put(partition, start);
        acknowledged.set(Map.of(partition, start));
    }

    private void warnOfGap(TopicPartition partition, long first) {
        Long start = again.remove(partition);
        if (start != null && first > start) {
            LOG.warn("offsets {} to {} of topic {}, partition {} are no longer in the topic (retention, or compaction): "
                    + "what {} lacks of them cannot be written again", start, first - 1, partition.topic(),
                    partition.partition(), store);
        }
    }

    /** Takes where the consumer is, as Connect gives it to preCommit(): a partition may get no records for long. */
    public void assigned(Map<TopicPartition, OffsetAndMetadata> current) {
        current.forEach((partition, offset) -> positions.putIfAbsent(partition, offset.offset()));
    }

    /** Takes offsets that the store decides alone, in both directions. */
    public void trust(Map<TopicPartition, Long> stored) {
        stored.forEach((partition, offset) -> positions.put(partition, Math.max(offset, 0)));
        compared.addAll(stored.keySet());
    }

    /** Takes the offsets that the store has acknowledged with the records of a batch: the next batch is another. */
    public void acknowledged(Map<TopicPartition, Long> next) {
        positions.putAll(next);
        leftOut.clear();
    }

    /** What the store holds is not known any more: the connection was lost, or somebody else has changed it. */
    public void doubt() {
        compared.clear();
    }

    /** Forgets partitions that the task has lost. */
    public void release(Collection<TopicPartition> partitions) {
        positions.keySet().removeAll(partitions);
        compared.removeAll(partitions);
        again.keySet().removeAll(partitions);
        leftOut.removeAll(partitions);
    }
}
