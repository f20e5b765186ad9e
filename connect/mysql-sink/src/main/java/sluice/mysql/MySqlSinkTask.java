package sluice.mysql;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import sluice.mysql.batch.BadRecords;
import sluice.mysql.batch.BatchWriter;
import sluice.mysql.batch.OffsetsTable;
import sluice.mysql.batch.TopicTable;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.database.DatabaseSessions;
import sluice.mysql.detect.DetectedSchemas;
import sluice.mysql.detect.DetectedValueEncoders;
import sluice.mysql.detect.RegistryWait;
import sluice.mysql.encode.ConnectValueEncoders;
import sluice.mysql.encode.TableRecordEncoder;
import sluice.mysql.metrics.SinkMetrics;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;
import sluice.sink.CommittableOffsets;
import sluice.sink.DeadLetters;
import sluice.sink.LossDetector;
import sluice.sink.NextOffsets;
import sluice.sink.RefusedException;
import sluice.sink.RetryBackoff;

/**
 * Writes batches of records to tables of a database, each in one transaction.
 *
 * <p>put() returns only after the database has committed every record, and the dead letter queue has every bad one, so
 * that Connect commits no offset before that.
 */
public final class MySqlSinkTask extends SinkTask {
    private final SinkMetrics metrics = new SinkMetrics();
    private final CommittableOffsets acknowledged = new CommittableOffsets();
    private BadRecords bad;
    private RetryBackoff backoff;
    /** Null unless offsets are kept in the database, and so is `losses`. */
    private OffsetsTable offsets;
    private LossDetector losses;
    private boolean exactlyOnce;
    private DatabaseSessions sessions;
    private BatchWriter writer;

    @Override
    public void start(Map<String, String> properties) {
        MySqlSinkConfig config = new MySqlSinkConfig(properties);
        bad = new BadRecords(new DeadLetters(properties, context));
        backoff = config.backoff();
        exactlyOnce = config.getBoolean(MySqlSinkConfig.EXACTLY_ONCE);
        if (config.offsetsTable() != null) {
            offsets = new OffsetsTable(config.offsetsTable(), config.connectorName());
            losses = new LossDetector("the database at " + config.url(), context, acknowledged);
        }
        sessions = new DatabaseSessions(config, metrics);
        writer = new BatchWriter(config, sessions, encoders(config), bad, metrics, offsets);
        metrics.register(context);
        // Reports a wrong password or database now, not with the first record.
        ifAvailable(() -> sessions.run(session -> { }));
    }

    private static TopicTable.Encoders encoders(MySqlSinkConfig config) {
        if (!config.getString(MySqlSinkConfig.VALUE_FORMAT).equals(MySqlSinkConfig.DETECT)) {
            return (topic, table, settings) ->
                    new TableRecordEncoder(table, settings, new ConnectValueEncoders(table, settings));
        }
        // With a limit of the retries the registry is waited for without one, so not here.
        boolean limited = config.getLong(MySqlSinkConfig.RETRY_TIMEOUT_MS) != RetryBackoff.NO_TIMEOUT;
        DetectedSchemas schemas = new DetectedSchemas(
                new RegistryClient(config.registry()), limited ? new RegistryRetry() : new RegistryWait());
        return (topic, table, settings) -> {
            DetectedValueEncoders values = new DetectedValueEncoders(schemas, table, settings);
            values.planLatest(topic);
            return new TableRecordEncoder(table, settings, values);
        };
    }

    /** Does what can be done later too, if the database does not answer now. */
    private void ifAvailable(Runnable action) {
        try {
            action.run();
            backoff.notPostponed();
        } catch (RetriableException | RefusedException error) {
            backoff.postpone(error);
        }
    }

    @Override
    public void open(Collection<TopicPartition> partitions) {
        ifAvailable(() -> {
            prepareTables(partitions);
            if (exactlyOnce && !partitions.isEmpty()) {
                goOnFromTable(partitions);
            }
        });
    }

    private void prepareTables(Collection<TopicPartition> partitions) {
        partitions.stream().map(TopicPartition::topic).distinct().forEach(writer::prepare);
    }

    private void goOnFromTable(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> stored = take(partitions);
        stored.values().removeIf(offset -> offset == LossDetector.MISSING);
        context.offset(stored);
        losses.trust(stored);
    }

    private Map<TopicPartition, Long> take(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> stored = new HashMap<>();
        sessions.run(session -> stored.putAll(offsets.take(session, partitions)));
        offsets.taken(stored);
        return stored;
    }

    /** Unlike take(): a task that has lost its partitions without knowing must not take them while it has no records. */
    private Map<TopicPartition, Long> look(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> stored = new HashMap<>();
        sessions.run(session -> stored.putAll(offsets.read(session, partitions)));
        return stored;
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (records.isEmpty()) {
            checkIdle();
            return;
        }
        long start = System.nanoTime();
        try {
            write(records instanceof List ? (List<SinkRecord>) records : new ArrayList<>(records));
            backoff.reset();
        } catch (RetriableException | RefusedException error) {
            if (losses != null) {
                losses.doubt();
            }
            metrics.retried();
            acknowledged.waiting(records);
            throw backoff.retry(context, error);
        } finally {
            metrics.deadLetters(bad.count());
            metrics.spent(System.nanoTime() - start);
        }
    }

    /** Without records: looks whether the database has lost something, or whether it can be written to again. */
    private void checkIdle() {
        if (backoff.due()) {
            ifAvailable(() -> {
                prepareTables(context.assignment());
                if (losses != null) {
                    losses.checkNow(this::look);
                }
            });
        } else if (losses != null && !backoff.waits()) {
            ifAvailable(() -> losses.checkIdle(this::look));
        }
    }

    private void write(List<SinkRecord> records) {
        List<SinkRecord> batch = losses == null ? records : losses.check(records, this::take);
        writer.write(offsets == null ? batch : offsets.unwritten(batch, exactlyOnce));
        Map<TopicPartition, Long> next = NextOffsets.of(batch, 0, batch.size());
        acknowledged.set(next);
        if (losses != null) {
            losses.acknowledged(next);
            offsets.finish();
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
        }
    }

    @Override
    public void stop() {
        if (sessions != null) {
            sessions.close();
        }
    }

    @Override
    public String version() {
        return new MySqlSinkConnector().version();
    }

    SinkMetrics metrics() {
        return metrics;
    }
}
