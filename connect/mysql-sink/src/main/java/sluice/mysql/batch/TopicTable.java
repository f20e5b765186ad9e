package sluice.mysql.batch;

import java.sql.SQLException;
import java.util.Arrays;
import org.apache.kafka.connect.sink.SinkRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.TableReader;
import sluice.mysql.encode.EncodedRecord;
import sluice.mysql.encode.RecordEncoder;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.encode.TableColumns;
import sluice.mysql.text.RowBuffer;

/** A topic's table: its definition, and the records of the current batch that go there. */
public final class TopicTable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicTable.class);
    private static final int INITIAL_RECORDS = 1024;

    /** Makes encoders for a table's definition. */
    public interface Encoders {
        RecordEncoder encoder(String topic, TableColumns table, RecordSettings settings);
    }

    private final String topic;
    private final String name;
    private final RecordSettings settings;
    private final Encoders encoders;
    private final String mode;
    private final RowBuffer rows = new RowBuffer();
    private EncodedRecord[] records = new EncodedRecord[INITIAL_RECORDS];
    private int size;
    private TableDefinition definition;
    private RecordEncoder encoder;
    private TableWriter writer;

    /** `name` is the table's name, `mode` is write.mode. */
    TopicTable(String topic, String name, RecordSettings settings, Encoders encoders, String mode) {
        this.topic = topic;
        this.name = name;
        this.settings = settings;
        this.encoders = encoders;
        this.mode = mode;
    }

    String name() {
        return name;
    }

    /** Returns the number of records in the batch. */
    int size() {
        return size;
    }

    /** Returns the bytes of the batch. */
    int bytes() {
        return rows.size();
    }

    /** Reads the table's definition if it is not known. */
    void read(DatabaseSession session) throws SQLException {
        if (definition != null) {
            return;
        }
        TableDefinition found = session.timed(() -> TableReader.read(session.connection(), name));
        TableColumns columns = new TableColumns(found);
        encoder = encoders.encoder(topic, columns, settings);
        writer = new TableWriter(columns, mode);
        definition = found;
        if (mode.equals(MySqlSinkConfig.AUTO) && definition.upsertReason() != null) {
            LOG.info("table {}: rows go through a temporary table, because {}", name, definition.upsertReason());
        }
    }

    /** Returns whether the definition is known; if not, it is read before the next record. */
    boolean known() {
        return definition != null;
    }

    /** Returns whether the table is another than the definition that is known; if so, forgets that. */
    boolean altered(DatabaseSession session) throws SQLException {
        if (definition == null) {
            return false;
        }
        String now = session.timed(() -> TableReader.fingerprint(session.connection(), name));
        if (now.equals(definition.fingerprint())) {
            return false;
        }
        LOG.info("table {} was altered: reading its definition again", name);
        definition = null;
        return true;
    }

    void clear() {
        rows.clear();
        Arrays.fill(records, 0, size, null);
        size = 0;
    }

    /** Encodes a record into the batch; throws a DataException for a bad one, which is not in the batch then. */
    void add(SinkRecord record) {
        int start = rows.size();
        boolean added = false;
        try {
            EncodedRecord encoded = encoder.encode(record, rows);
            if (size == records.length) {
                records = Arrays.copyOf(records, 2 * size);
            }
            records[size++] = encoded;
            added = true;
        } finally {
            if (!added) {
                rows.truncate(start);
            }
        }
    }

    /** Writes the batch in runs of records whose rows have the same columns. */
    void write(DatabaseSession session, TableWriter.Counts counts) throws SQLException {
        int from = 0;
        while (from < size) {
            RowLayout layout = records[from].layout();
            int to = from + 1;
            while (to < size && continues(layout, records[to].layout())) {
                layout = layout == null ? records[to].layout() : layout;
                to++;
            }
            writer.write(session, rows, records, from, to, layout, counts);
            from = to;
        }
    }

    private boolean continues(RowLayout layout, RowLayout next) {
        if (layout == next) {
            return true;
        }
        return (layout == null || next == null) && writer.mixesDeletions(layout == null ? next : layout);
    }
}
