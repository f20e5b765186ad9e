package sluice.redis;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.sink.AcknowledgedOffsets;
import sluice.sink.BadRecord;
import sluice.sink.DeadLetters;
import sluice.sink.LossDetector;
import sluice.sink.NextOffsets;
import sluice.sink.RetryBackoff;

/**
 * Writes batches of records to Redis, in order.
 *
 * <p>put() returns only after Redis has acknowledged every record, and the dead letter queue every bad one, so that
 * Connect commits no offset before that.
 */
public final class RedisSinkTask extends SinkTask {
    private static final Logger LOG = LoggerFactory.getLogger(RedisSinkTask.class);

    private RedisSinkConfig config;
    private RedisPipeline pipeline;
    private RetryBackoff backoff;
    private DeadLetters deadLetters;
    private byte[] prefix;
    private int maxValueBytes;
    private final AcknowledgedOffsets acknowledged = new AcknowledgedOffsets();
    /** Null unless offsets are kept in Redis, and so is `losses`. */
    private StoredOffsets offsets;
    private LossDetector losses;

    @Override
    public void start(Map<String, String> properties) {
        config = new RedisSinkConfig(properties);
        prefix = config.getString(RedisSinkConfig.KEY_PREFIX).getBytes(StandardCharsets.UTF_8);
        maxValueBytes = config.getInt(RedisSinkConfig.MAX_VALUE_BYTES);
        deadLetters = new DeadLetters(properties, context);
        backoff = config.retryBackoff();
        if (config.offsetsKey() != null) {
            offsets = new StoredOffsets(config.offsetsKey());
            losses = new LossDetector("Redis at " + config.server(), context, acknowledged);
        }
        pipeline = new RedisPipeline(config, offsets);
        try {
            pipeline.connect(); // Reports a wrong password or database now, not with the first record.
        } catch (RetriableException error) {
            LOG.warn("{}; retrying with the first records", error.getMessage());
        }
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (records.isEmpty()) {
            if (losses != null) {
                losses.checkIdle(pipeline::watch);
            }
            return;
        }
        try {
            List<SinkRecord> batch = List.copyOf(records);
            write(losses == null ? batch : losses.check(batch, pipeline::watch));
            backoff.reset();
        } catch (RetriableException error) {
            if (losses != null) {
                losses.doubt();
            }
            context.timeout(backoff.nextPause(error));
            throw error;
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> current) {
        if (losses != null) {
            losses.assigned(current);
        }
        return acknowledged.committable(current.keySet());
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        acknowledged.release(partitions);
        if (losses != null) {
            losses.release(partitions);
            offsets.release(partitions);
        }
    }

    private void write(List<SinkRecord> records) {
        List<BadRecord> bad = new ArrayList<>();
        for (SinkRecord record : records) {
            try {
                pipeline.write(record, redisKey(record), redisValue(record));
            } catch (DataException reason) {
                bad.add(new BadRecord(record, reason));
                if (!deadLetters.available()) {
                    pipeline.await(); // The records before it are written.
                    throw DeadLetters.refusal(bad.get(0));
                }
            }
        }
        // Also past bad records at the end: they are in Kafka for as long as Kafka's own offset is not past them.
        Map<TopicPartition, Long> next = NextOffsets.of(records, 0, records.size());
        pipeline.await(next);
        deadLetters.report(bad); // Last, so that a batch that is retried reports nothing twice.
        acknowledged.set(next);
        if (losses != null) {
            losses.acknowledged(next);
            if (pipeline.offsetsChanged()) {
                losses.doubt();
            }
        }
    }

    private byte[] redisKey(SinkRecord record) {
        if (record.key() == null) {
            throw new DataException("the record has no key, and Redis stores nothing without one");
        }
        byte[] key = toBytes(record.key(), "key");
        byte[] prefixed = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, prefixed, prefix.length, key.length);
        if (offsets != null && offsets.covers(prefixed)) {
            throw new DataException("the key is one of those in which the sink keeps its offsets ("
                    + RedisSinkConfig.OFFSETS_KEY + " is " + config.offsetsKey() + ")");
        }
        return prefixed;
    }

    private byte[] redisValue(SinkRecord record) {
        if (record.value() == null) {
            return null;
        }
        byte[] value = toBytes(record.value(), "value");
        if (value.length > maxValueBytes) {
            throw new DataException("the value has " + value.length + " bytes, and " + RedisSinkConfig.MAX_VALUE_BYTES
                    + " is " + maxValueBytes);
        }
        return value;
    }

    private static byte[] toBytes(Object part, String name) {
        if (part instanceof byte[] bytes) {
            return bytes;
        }
        if (part instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (part instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
        throw new DataException("the " + name + " is a " + part.getClass().getName() + ", not bytes or a string: choose "
                + name + ".converter ByteArrayConverter or StringConverter");
    }

    @Override
    public void stop() {
        if (pipeline != null) {
            pipeline.close();
        }
    }

    @Override
    public String version() {
        return new RedisSinkConnector().version();
    }
}
