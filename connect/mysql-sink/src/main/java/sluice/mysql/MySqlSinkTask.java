package sluice.mysql;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import sluice.mysql.batch.BadRecords;
import sluice.mysql.batch.BatchWriter;
import sluice.mysql.batch.NextOffsets;
import sluice.mysql.batch.OffsetsTable;
import sluice.mysql.batch.TopicTable;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.database.DatabaseSessions;
import sluice.mysql.detect.DetectedSchemas;
import sluice.mysql.detect.DetectedValueEncoders;
import sluice.mysql.encode.ConnectValueEncoders;
import sluice.mysql.encode.TableRecordEncoder;
import sluice.mysql.metrics.SinkMetrics;
import sluice.sink.CommittableOffsets;
import sluice.sink.DeadLetters;
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
    private final CommittableOffsets written = new CommittableOffsets();
    private BadRecords bad;
    private RetryBackoff backoff;
    private OffsetsTable offsets;
    private DatabaseSessions sessions;
    private BatchWriter writer;
    private boolean failed;

    @Override
    public void start(Map<String, String> properties) {
        MySqlSinkConfig config = new MySqlSinkConfig(properties);
        bad = new BadRecords(new DeadLetters(properties, context));
        backoff = config.backoff();
        offsets = config.getBoolean(MySqlSinkConfig.EXACTLY_ONCE)
                ? new OffsetsTable(config.getString(MySqlSinkConfig.OFFSETS_TABLE), config.connectorName()) : null;
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
        DetectedSchemas schemas = new DetectedSchemas(config.getString(MySqlSinkConfig.REGISTRY_URL));
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
            take(partitions);
        });
    }

    private void prepareTables(Collection<TopicPartition> partitions) {
        partitions.stream().map(TopicPartition::topic).distinct().forEach(writer::prepare);
    }

    /** Makes this task the owner of partitions; returns those that it goes on from where the offsets table says. */
    private Set<TopicPartition> take(Collection<TopicPartition> partitions) {
        if (offsets == null || partitions.isEmpty()) {
            return Set.of();
        }
        Map<TopicPartition, Long> taken = new HashMap<>();
        sessions.run(session -> taken.putAll(offsets.take(session, partitions)));
        Map<TopicPartition, Long> positions = offsets.taken(taken);
        context.offset(positions);
        return positions.keySet();
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        if (records.isEmpty()) {
            if (backoff.due()) {
                ifAvailable(() -> prepareTables(context.assignment()));
            }
            return;
        }
        long start = System.nanoTime();
        try {
            List<SinkRecord> batch = records instanceof List ? (List<SinkRecord>) records : new ArrayList<>(records);
            if (offsets != null) {
                batch = unwritten(batch);
            }
            writer.write(batch);
            backoff.reset();
            failed = false;
            written.written(NextOffsets.of(batch, 0, batch.size()));
        } catch (RetriableException | RefusedException error) {
            failed = true;
            metrics.retried();
            written.waiting(records);
            throw backoff.retry(context, error);
        } finally {
            metrics.deadLetters(bad.count());
            metrics.spent(System.nanoTime() - start);
        }
    }

    /** Returns the records that the offsets table does not count as written. */
    private List<SinkRecord> unwritten(List<SinkRecord> records) {
        if (failed) {
            sessions.run(offsets::refresh);
        }
        Set<TopicPartition> late = new HashSet<>(NextOffsets.of(records, 0, records.size()).keySet());
        late.removeIf(offsets::owns);
        // The database did not answer when they were assigned. Their records come again, from where the table says.
        Set<TopicPartition> rewound = take(late);
        List<SinkRecord> batch = new ArrayList<>(records.size());
        for (SinkRecord record : records) {
            TopicPartition partition = NextOffsets.partition(record);
            if (!offsets.wrote(partition, record) && !rewound.contains(partition)) {
                batch.add(record);
            }
        }
        return batch;
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> current) {
        return written.committable(current, backoff.report());
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        written.forget(partitions);
        if (offsets != null) {
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
