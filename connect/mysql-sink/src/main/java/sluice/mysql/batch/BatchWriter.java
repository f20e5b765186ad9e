package sluice.mysql.batch;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.config.TopicTables;
import sluice.mysql.database.DatabaseErrors;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.DatabaseSessions;
import sluice.mysql.encode.MismatchException;
import sluice.mysql.metrics.SinkMetrics;
import sluice.sink.BadRecord;

/**
 * Writes batches, each in one transaction. A batch that the database refuses is written in halves, down to the bad
 * records. After it throws, nothing is left open in the database.
 */
public final class BatchWriter {
    private static final Logger LOG = LoggerFactory.getLogger(BatchWriter.class);
    /** A larger batch is written in several transactions. */
    private static final int MAX_BYTES = 64 << 20;
    private static final int MAX_ALTERATIONS = 10;
    private static final int MAX_DUPLICATES = 3;

    private final DatabaseSessions sessions;
    private final DatabaseErrors errors;
    private final BadRecords bad;
    private final SinkMetrics metrics;
    private final OffsetsTable offsets;
    private final TopicTable.Encoders encoders;
    private final TopicTables names;
    private final MySqlSinkConfig config;
    private final TransactionLimit limit = new TransactionLimit();
    private final Map<String, TopicTable> tables = new HashMap<>();
    private final Set<String> written = new HashSet<>();
    private final Set<TopicTable> checked = new HashSet<>();

    /** `offsets` is null unless they are kept in the database. */
    public BatchWriter(MySqlSinkConfig config, DatabaseSessions sessions, TopicTable.Encoders encoders, BadRecords bad,
            SinkMetrics metrics, OffsetsTable offsets) {
        this.config = config;
        this.encoders = encoders;
        this.bad = bad;
        this.metrics = metrics;
        this.offsets = offsets;
        this.sessions = sessions;
        errors = new DatabaseErrors(config.url());
        names = new TopicTables(config.getList(MySqlSinkConfig.TOPIC_TO_TABLE),
                config.getString(MySqlSinkConfig.TABLE_NAME_FORMAT));
    }

    /** Reads the definition of a topic's table, if it is not known yet. */
    public void prepare(String topic) {
        sessions.run(session -> table(topic).read(session));
    }

    /** Writes records of one or several topics; returns when they are committed and bad ones are dead letters. */
    public void write(List<SinkRecord> records) {
        written.clear();
        checked.clear();
        try {
            sessions.guard(() -> {
                write(records, 0, records.size());
                storeOffsets(records);
                bad.settle(written);
                bad.finish();
                limit.succeeded();
            });
        } finally {
            bad.retry();
        }
    }

    /** Goes past bad records at the end, which no transaction has gone past: else they would look like a loss. */
    private void storeOffsets(List<SinkRecord> records) throws SQLException {
        if (offsets != null && !offsets.areStored(records)) {
            tables.values().forEach(TopicTable::clear);
            transact(records, 0, records.size());
        }
    }

    private void write(List<SinkRecord> records, int from, int to) throws SQLException {
        int start = from;
        int alterations = 0;
        int duplicates = 0;
        while (start < to) {
            int end = encode(records, start, limit.end(start, to));
            try {
                transact(records, start, end);
                start = end;
            } catch (SQLException error) {
                DatabaseErrors.Kind kind = DatabaseErrors.kind(error);
                if (kind == DatabaseErrors.Kind.RETRY || kind == DatabaseErrors.Kind.REFUSED) {
                    limit.failed(error, end - start, sessions.isOpen());
                    throw end - start == 1 && limit.reduced() ? named(records.get(start), error) : error;
                }
                sessions.rollback();
                if (anyAltered()) {
                    if (++alterations > MAX_ALTERATIONS) {
                        throw new RetriableException("a table is altered again and again", error);
                    }
                } else if (end - start > 1 || !DatabaseErrors.duplicate(error) || ++duplicates > MAX_DUPLICATES) {
                    divide(records, start, end, kind, error);
                    start = end;
                    duplicates = 0;
                }
            }
        }
    }

    /** Returns the error of a record that may be its reason, with the record's position. */
    private static SQLException named(SinkRecord record, SQLException error) {
        String message = "at " + BadRecord.describe(record) + ", which was tried alone: " + error.getMessage();
        return new SQLException(message, error.getSQLState(), error.getErrorCode(), error);
    }

    private void divide(List<SinkRecord> records, int from, int to, DatabaseErrors.Kind kind, SQLException error)
            throws SQLException {
        if (to - from > 1) {
            LOG.debug("{} records in halves: {}", to - from, error.getMessage());
            metrics.halved();
            int middle = (from + to) >>> 1;
            write(records, from, middle);
            write(records, middle, to);
            return;
        }
        SinkRecord record = records.get(from);
        if (kind == DatabaseErrors.Kind.RECORD) {
            bad.add(record, new DataException("the database refuses the record: " + DatabaseErrors.text(error), error));
        } else {
            bad.suspect(record, names.table(record.topic()), errors.exception(error));
        }
    }

    /** Encodes records until the batch is large enough, and returns the index after the last one. */
    private int encode(List<SinkRecord> records, int from, int to) throws SQLException {
        tables.values().forEach(TopicTable::clear);
        TopicTable table = null;
        String topic = null;
        long bytes = 0;
        for (int index = from; index < to; index++) {
            SinkRecord record = records.get(index);
            if (bad.contains(record)) {
                continue;
            }
            if (!record.topic().equals(topic)) {
                topic = record.topic();
                table = table(topic);
                table.read(sessions.open());
            }
            int before = table.bytes();
            try {
                table.add(record);
            } catch (DataException | MismatchException reason) {
                if (checked.add(table) && table.altered(sessions.open())) {
                    return encode(records, from, to); // The record may be right for the table as it is now.
                }
                if (reason instanceof MismatchException || !bad.canBeSetAside()) {
                    if (index > from) {
                        return index; // The records before it are written.
                    }
                }
                refuse(record, reason);
            }
            bytes += table.bytes() - before;
            if (bytes > MAX_BYTES) {
                return index + 1;
            }
        }
        return to;
    }

    private void refuse(SinkRecord record, RuntimeException reason) {
        if (reason instanceof DataException data) {
            bad.add(record, data);
        } else {
            throw reason;
        }
    }

    private void transact(List<SinkRecord> records, int from, int to) throws SQLException {
        boolean empty = tables.values().stream().allMatch(table -> table.size() == 0);
        if (empty && offsets == null) {
            return;
        }
        DatabaseSession open = sessions.open();
        TableWriter.Counts counts = new TableWriter.Counts();
        Set<String> now = new HashSet<>();
        for (TopicTable table : tables.values()) {
            if (table.size() > 0) {
                table.write(open, counts);
                now.add(table.name());
            }
        }
        for (TopicTable table : tables.values()) {
            // The transaction's locks keep the definition as it is until the commit.
            if (table.size() > 0 && table.altered(open)) {
                throw new AlteredException(table.name());
            }
        }
        now.addAll(written);
        if (offsets != null) {
            offsets.store(open, records, from, to);
            bad.settle(now); // The transaction goes past them.
        }
        open.commit();
        if (offsets != null) {
            offsets.stored(records, from, to);
        }
        written.addAll(now);
        metrics.committed(counts.rows, counts.deletions);
    }

    /** A table was altered between the reading of its definition and the writing. */
    private static final class AlteredException extends SQLException {
        private static final long serialVersionUID = 1L;

        AlteredException(String table) {
            super("table " + table + " was altered", "HY000");
        }
    }

    private boolean anyAltered() throws SQLException {
        boolean any = false;
        for (TopicTable table : tables.values()) {
            any |= table.size() > 0 && !table.known();
            any |= table.size() > 0 && table.altered(sessions.open());
        }
        return any;
    }

    private TopicTable table(String topic) {
        return tables.computeIfAbsent(topic, one -> new TopicTable(one, names.table(one), config.recordSettings(one),
                encoders, config.getString(MySqlSinkConfig.WRITE_MODE)));
    }
}
