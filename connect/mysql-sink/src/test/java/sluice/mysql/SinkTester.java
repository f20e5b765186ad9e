package sluice.mysql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.sink.DeadLetters;
import sluice.testing.FakeWorker;
import sluice.testing.TestDatabase;

/** A task with a database of its own, and records for it. Without changes it has a dead letter queue. */
final class SinkTester implements AutoCloseable {
    static final String TOPIC = "t";
    static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    static final Schema VALUE = SchemaBuilder.struct()
            .field("a", Schema.OPTIONAL_INT32_SCHEMA).field("b", Schema.OPTIONAL_STRING_SCHEMA).build();

    final TestDatabase server;
    final String database;
    final FakeWorker worker = new FakeWorker();
    final Map<String, String> settings = new HashMap<>();
    MySqlSinkTask task;
    private long offset;

    SinkTester(TestDatabase server, String... statements) throws SQLException {
        this.server = server;
        database = server.createDatabase();
        server.execute(database, statements);
        settings.put("name", "sink");
        settings.put("topics", TOPIC);
        settings.put(MySqlSinkConfig.URL, server.url(database));
        settings.put(MySqlSinkConfig.USERNAME, TestDatabase.USER);
        settings.put(MySqlSinkConfig.PASSWORD, TestDatabase.PASSWORD);
        settings.put(DeadLetters.TOPIC, "dead");
    }

    SinkTester with(String... more) {
        for (int index = 0; index < more.length; index += 2) {
            settings.put(more[index], more[index + 1]);
        }
        return this;
    }

    SinkTester start() {
        task = worker.start(new MySqlSinkTask(), settings);
        task.open(Set.of(PARTITION));
        return this;
    }

    static Struct value(Integer a, String b) {
        return new Struct(VALUE).put("a", a).put("b", b);
    }

    SinkRecord record(Object key, Struct value) {
        return record(key, value, offset++);
    }

    static SinkRecord record(Object key, Struct value, long offset) {
        return new SinkRecord(TOPIC, 0, null, key, value == null ? null : value.schema(), value, offset);
    }

    SinkRecord row(Object key, Integer a, String b) {
        return record(key, value(a, b));
    }

    SinkRecord deletion(Object key) {
        return record(key, null);
    }

    void put(SinkRecord... records) {
        task.put(List.of(records));
    }

    /** Puts a batch as Connect does: again for as long as the task asks for it. */
    void putUntilDone(Collection<SinkRecord> records) {
        while (true) {
            try {
                task.put(records);
                return;
            } catch (RetriableException error) {
                Thread.onSpinWait();
            }
        }
    }

    /** Puts a batch until the task fails for good, and returns why. */
    ConnectException failure(SinkRecord... records) {
        while (true) {
            try {
                task.put(List.of(records));
                throw new AssertionError("the batch was written");
            } catch (RetriableException error) {
                Thread.onSpinWait();
            } catch (ConnectException error) {
                return error;
            }
        }
    }

    void execute(String... statements) throws SQLException {
        server.execute(database, statements);
    }

    /** Returns the rows of a query, columns with commas between them. */
    List<String> query(String sql) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Connection connection = server.connect(database); Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                StringBuilder row = new StringBuilder();
                for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                    row.append(column > 1 ? "," : "").append(rows.getString(column));
                }
                found.add(row.toString());
            }
        }
        return found;
    }

    List<String> rows() throws SQLException {
        return query("SELECT * FROM " + TOPIC + " ORDER BY 1");
    }

    @Override
    public void close() {
        if (task != null) {
            task.stop();
        }
    }
}
