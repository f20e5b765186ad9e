package sluice.mysql.batch;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.Identifiers;

/**
 * Offsets in a table of the database, written in the same transaction as the rows. Each row names the task that owns
 * the partition, so that a task which has lost it, without knowing, writes nothing any more.
 */
public final class OffsetsTable {
    private static final int NO_SUCH_TABLE = 1146;
    static final long UNKNOWN = -1;

    private final String name;
    private final String connector;
    private final String owner = UUID.randomUUID().toString();
    private final Map<TopicPartition, Long> expected = new HashMap<>();

    public OffsetsTable(String name, String connector) {
        this.name = Identifiers.quote(name);
        this.connector = connector;
    }

    /** Returns the statement that creates the table. */
    public String createStatement() {
        return "CREATE TABLE " + name + " (connector VARCHAR(255) NOT NULL, topic VARCHAR(249) NOT NULL, "
                + "kafka_partition INT NOT NULL, next_offset BIGINT NULL, owner CHAR(36) NOT NULL, "
                + "PRIMARY KEY (connector, topic, kafka_partition)) "
                + "ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
    }

    /** Returns whether the task owns a partition and knows its offset. */
    public boolean owns(TopicPartition partition) {
        return expected.containsKey(partition);
    }

    /** Returns whether a record was written already. */
    public boolean wrote(TopicPartition partition, SinkRecord record) {
        return record.originalKafkaOffset() < expected.get(partition);
    }

    /**
     * Makes this task the owner of partitions, after the transaction of the one before has ended. Returns the offset to
     * go on from of each, UNKNOWN of one that nothing was written of yet. Once that is committed, call taken().
     */
    public Map<TopicPartition, Long> take(DatabaseSession session, Collection<TopicPartition> partitions)
            throws SQLException {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            statement(session, "INSERT INTO " + name + " (owner, connector, topic, kafka_partition) VALUES (?, ?, ?, "
                    + "?) ON DUPLICATE KEY UPDATE owner = ?", owner, connector, partition, owner);
            offsets.put(partition, read(session, partition).offset);
        }
        return offsets;
    }

    /** Remembers partitions that this task owns now; returns those of which something was written. */
    public Map<TopicPartition, Long> taken(Map<TopicPartition, Long> offsets) {
        expected.putAll(offsets);
        Map<TopicPartition, Long> known = new HashMap<>(offsets);
        known.values().removeIf(offset -> offset == UNKNOWN);
        return known;
    }

    /** Reads what is stored again, after a failure that leaves open whether the last transaction was committed. */
    public void refresh(DatabaseSession session) throws SQLException {
        for (Map.Entry<TopicPartition, Long> entry : expected.entrySet()) {
            Stored stored = read(session, entry.getKey());
            if (!owner.equals(stored.owner)) {
                throw lost(entry.getKey(), "another task has taken it");
            }
            entry.setValue(stored.offset);
        }
    }

    /** Throws a ConnectException if what is stored is not what this task has stored; locks it until the commit. */
    void check(DatabaseSession session, List<SinkRecord> records, int from, int to) throws SQLException {
        for (TopicPartition partition : NextOffsets.of(records, from, to).keySet()) {
            Stored stored = read(session, partition);
            if (!owner.equals(stored.owner)) {
                throw lost(partition, "another task has taken it");
            }
            long known = expected.get(partition);
            if (stored.offset != known) {
                throw lost(partition, "next_offset is " + stored.offset + " there, not " + known
                        + ", as if the database had been restored from a backup");
            }
        }
    }

    /** Writes the offsets after these records, in the transaction that is open. */
    void store(DatabaseSession session, List<SinkRecord> records, int from, int to) throws SQLException {
        for (Map.Entry<TopicPartition, Long> entry : NextOffsets.of(records, from, to).entrySet()) {
            statement(session, "UPDATE " + name + " SET next_offset = ? WHERE connector = ? AND topic = ? "
                    + "AND kafka_partition = ?", entry.getValue(), connector, entry.getKey());
        }
    }

    /** Remembers the offsets after these records: the transaction is committed. */
    void stored(List<SinkRecord> records, int from, int to) {
        expected.putAll(NextOffsets.of(records, from, to));
    }

    /** Forgets partitions that the task has lost. */
    public void release(Collection<TopicPartition> partitions) {
        expected.keySet().removeAll(partitions);
    }

    private record Stored(String owner, long offset) { }

    private Stored read(DatabaseSession session, TopicPartition partition) throws SQLException {
        return session.timed(() -> {
            String query = "SELECT owner, next_offset FROM " + name + " WHERE connector = ? AND topic = ? "
                    + "AND kafka_partition = ? FOR UPDATE";
            try (PreparedStatement statement = session.connection().prepareStatement(query)) {
                bind(statement, connector, partition);
                try (ResultSet row = statement.executeQuery()) {
                    if (!row.next()) {
                        return new Stored("", UNKNOWN);
                    }
                    String offset = row.getString(2);
                    return new Stored(row.getString(1), offset == null ? UNKNOWN : Long.parseLong(offset));
                }
            } catch (SQLException error) {
                throw explain(error);
            }
        });
    }

    private void statement(DatabaseSession session, String sql, Object... values) throws SQLException {
        session.timed(() -> {
            try (PreparedStatement statement = session.connection().prepareStatement(sql)) {
                bind(statement, values);
                return statement.executeUpdate();
            } catch (SQLException error) {
                throw explain(error);
            }
        });
    }

    private static void bind(PreparedStatement statement, Object... values) throws SQLException {
        int index = 1;
        for (Object value : values) {
            if (value instanceof TopicPartition partition) {
                statement.setString(index++, partition.topic());
                statement.setInt(index++, partition.partition());
            } else {
                statement.setObject(index++, value);
            }
        }
    }

    private SQLException explain(SQLException error) {
        if (error.getErrorCode() == NO_SUCH_TABLE) {
            throw new ConnectException(MySqlSinkConfig.EXACTLY_ONCE + " needs the table " + name + " ("
                    + MySqlSinkConfig.OFFSETS_TABLE + "), on which the user has SELECT, INSERT and UPDATE. Create it: "
                    + createStatement(), error);
        }
        return error;
    }

    private ConnectException lost(TopicPartition partition, String why) {
        return new ConnectException("partition " + partition + " is no longer this task's in table " + name + ": " + why
                + ". Nothing was written; a restarted task goes on from what the table says.");
    }
}
