package sluice.mysql.batch;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.Identifiers;
import sluice.sink.LossDetector;
import sluice.sink.NextOffsets;
import sluice.sink.RefusedException;

/**
 * The next offset of each partition in a table of the database, written in the same transaction as the rows. Each row
 * names the task that took the partition last: the transaction of another task, or one that goes on from another offset,
 * is rolled back.
 */
public final class OffsetsTable {
    private static final int NO_SUCH_TABLE = 1146;
    /** Affected rows of INSERT … ON DUPLICATE KEY UPDATE for a row that is changed; fewer for one that is as it was. */
    private static final int CHANGED = 2;

    private final String name;
    private final String connector;
    private final String owner = UUID.randomUUID().toString();
    /** The offsets in the table, of the partitions that this task has taken. */
    private final Map<TopicPartition, Long> expected = new HashMap<>();
    /**
     * The offsets that transactions of the batch have set, whether their commits succeeded or not. Where the table has
     * one of them, and no other task has taken the partition since, the records before it are written.
     */
    private final Map<TopicPartition, Set<Long>> ofBatch = new HashMap<>();

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

    /**
     * Returns the records of a batch that are not written, as far as this task can tell; their partitions are taken.
     *
     * @param all whether the table counts records as written that another task has written, or this one in another batch
     */
    public List<SinkRecord> unwritten(List<SinkRecord> batch, boolean all) {
        return all || !ofBatch.isEmpty() ? batch.stream().filter(record -> !wrote(record, all)).toList() : batch;
    }

    private boolean wrote(SinkRecord record, boolean all) {
        TopicPartition partition = NextOffsets.partition(record);
        long next = expected.get(partition);
        return record.originalKafkaOffset() < next
                && (all || ofBatch.getOrDefault(partition, Set.of()).contains(next));
    }

    /** Forgets the batch, which is written: the next one has other records. */
    public void finish() {
        ofBatch.clear();
    }

    /**
     * Makes this task the owner of partitions, after the transaction of the one before has ended. Returns the next
     * offset of each, LossDetector.MISSING of one that the table has none of. Once that is committed, call taken().
     */
    public Map<TopicPartition, Long> take(DatabaseSession session, Collection<TopicPartition> partitions)
            throws SQLException {
        for (TopicPartition partition : partitions) {
            int affected = update(session, "INSERT INTO " + name + " (owner, connector, topic, kafka_partition) "
                    + "VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE owner = ?", owner, connector, partition, owner);
            if (affected == CHANGED) {
                ofBatch.remove(partition);
            }
        }
        return read(session, partitions);
    }

    /** Remembers partitions that this task has taken. */
    public void taken(Map<TopicPartition, Long> offsets) {
        expected.putAll(offsets);
    }

    /** Writes the offsets after these records, in the transaction that is open; throws if it must not be committed. */
    void store(DatabaseSession session, List<SinkRecord> records, int from, int to) throws SQLException {
        for (Map.Entry<TopicPartition, Long> entry : NextOffsets.of(records, from, to).entrySet()) {
            TopicPartition partition = entry.getKey();
            long known = expected.get(partition);
            ofBatch.computeIfAbsent(partition, one -> new HashSet<>()).add(entry.getValue());
            int changed = update(session, "UPDATE " + name + " SET next_offset = ? WHERE connector = ? AND topic = ? "
                    + "AND kafka_partition = ? AND owner = ? AND next_offset <=> ?", entry.getValue(), connector,
                    partition, owner, known == LossDetector.MISSING ? null : known);
            if (changed != 1) {
                throw new RetriableException("nothing was written: in table " + name + " the next offset of " + partition
                        + " is not " + known + " any more, or another task has taken it; comparing it again");
            }
        }
    }

    /** Remembers the offsets after these records: the transaction is committed. */
    void stored(List<SinkRecord> records, int from, int to) {
        expected.putAll(NextOffsets.of(records, from, to));
    }

    /** Returns whether the table has the offsets after these records, as far as this task knows. */
    boolean areStored(List<SinkRecord> records) {
        return expected.entrySet().containsAll(NextOffsets.of(records, 0, records.size()).entrySet());
    }

    /** Forgets partitions that the task has lost. */
    public void release(Collection<TopicPartition> partitions) {
        expected.keySet().removeAll(partitions);
        ofBatch.keySet().removeAll(partitions);
    }

    /** Returns the next offset of each partition, LossDetector.MISSING of one that the table has none of. */
    public Map<TopicPartition, Long> read(DatabaseSession session, Collection<TopicPartition> partitions)
            throws SQLException {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            offsets.put(partition, read(session, partition));
        }
        return offsets;
    }

    private long read(DatabaseSession session, TopicPartition partition) throws SQLException {
        return session.timed(() -> {
            String query = "SELECT next_offset FROM " + name + " WHERE connector = ? AND topic = ? "
                    + "AND kafka_partition = ?";
            try (PreparedStatement statement = session.connection().prepareStatement(query)) {
                bind(statement, connector, partition);
                try (ResultSet row = statement.executeQuery()) {
                    String offset = row.next() ? row.getString(1) : null;
                    return offset == null ? LossDetector.MISSING : Long.parseLong(offset);
                }
            } catch (SQLException error) {
                throw explain(error);
            }
        });
    }

    private int update(DatabaseSession session, String sql, Object... values) throws SQLException {
        return session.timed(() -> {
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
            throw new RefusedException("there is no table " + name + " (" + MySqlSinkConfig.OFFSETS_TABLE
                    + "), on which the user needs SELECT, INSERT and UPDATE. Create it: " + createStatement(), error);
        }
        return error;
    }
}
