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
import sluice.sink.BadRecord;
import sluice.sink.CommittableOffsets;
import sluice.sink.DeadLetters;
import sluice.sink.LossDetector;
import sluice.sink.NextOffsets;
import sluice.sink.RefusedException;
import sluice.sink.RetryBackoff;

/**
 * Writes batches of records to Redis, in order.
 *
 * <p>put() returns only after Redis has acknowledged every record, and the dead letter queue every bad one, so that
 * Connect commits no offset before that.
 */
public final class RedisSinkTask extends SinkTask {
    /** After so many failed tries of a batch its records are sent one by one, so that the one that fails is named. */
    private static final int TRIES_TOGETHER = 5;

    private RedisSinkConfig config;
    private RedisPipeline pipeline;
    private RetryBackoff backoff;
    private DeadLetters deadLetters;
    private byte[] prefix;
    private int maxValueBytes;
    private final CommittableOffsets acknowledged = new CommittableOffsets();
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
        ifAvailable(pipeline::connect); // Reports a wrong password or database now, not with the first record.
    }

    /** Does what can be done later too, if Redis does not answer now. */
    private void ifAvailable(Runnable action) {
        try {
            action.run();
            backoff.notPostponed();
        } catch (RetriableException | RefusedException error) {
            backoff.postpone(error);
        }
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (records.isEmpty()) {
            checkIdle();
            return;
        }
        try {
            List<SinkRecord> batch = List.copyOf(records);
            write(losses == null ? batch : losses.check(batch, pipeline::watch));
            backoff.reset();
        } catch (RetriableException | RefusedException error) {
            if (losses != null) {
                losses.doubt();
            }
            acknowledged.waiting(records);
            throw backoff.retry(context, error);
        }
    }

    /** Without records: looks whether Redis has lost something, or whether it can be written to again. */
    private void checkIdle() {
        if (backoff.due()) {
            ifAvailable(() -> {
                pipeline.connect();
                if (losses != null) {
                    losses.checkNow(pipeline::watch);
                }
            });
        } else if (losses != null && !backoff.waits()) {
            ifAvailable(() -> losses.checkIdle(pipeline::watch));
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> current) {
        if (losses != null) {
            losses.assigned(current);
        }
        return acknowledged.committable(current, backoff.report());
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        acknowledged.release(partitions);
        if (losses != null) {
            losses.release(partitions);
            offsets.release(partitions);
            losses.doubt(); // Their keys are still watched, and another task will change them.
        }
    }

    private void write(List<SinkRecord> records) {
        List<BadRecord> bad = new ArrayList<>();
        boolean oneByOne = backoff.tries() >= TRIES_TOGETHER;
        for (SinkRecord record : records) {
            try {
                pipeline.write(record, redisKey(record), redisValue(record));
                if (oneByOne) {
                    pipeline.await();
                }
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
