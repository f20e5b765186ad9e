package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** With retry.timeout.ms=-1 no failure of the database stops the task: it waits, says for what, and goes on. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitingTest {
    private static final String TABLE = "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))";

    private SinkTester sink;
    private String user;

    @BeforeEach
    void createTable() throws Exception {
        sink = new SinkTester(TestDatabase.shared(), TABLE, "INSERT INTO t VALUES (2, 0, 'old')");
        user = "'" + sink.database + "'@'127.0.0.1'";
        sink.execute("CREATE USER " + user + " IDENTIFIED BY 'right'",
                "GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON " + sink.database + ".* TO " + user);
        sink.with(MySqlSinkConfig.USERNAME, sink.database, MySqlSinkConfig.PASSWORD, "right",
                MySqlSinkConfig.RETRY_TIMEOUT_MS, "-1", MySqlSinkConfig.RETRY_BACKOFF_MS, "1",
                MySqlSinkConfig.RETRY_BACKOFF_MAX_MS, "1", MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "2000");
    }

    @AfterEach
    void stop() throws Exception {
        sink.close();
        sink.execute("DROP USER " + user);
    }

    private OffsetAndMetadata committed(long processed) {
        return sink.task.preCommit(Map.of(SinkTester.PARTITION, new OffsetAndMetadata(processed)))
                .get(SinkTester.PARTITION);
    }

    private void restartSession() throws Exception {
        for (String id : sink.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '" + sink.database + "'")) {
            sink.execute("KILL SOFT CONNECTION " + id);
        }
    }

    /** A batch waits while `cause` holds, which the committed offset says, and is written after `repair`. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ALTER USER USER IDENTIFIED BY 'new' | ALTER USER USER IDENTIFIED BY 'right' | error 1045",
        "DROP USER USER | CREATE USER USER IDENTIFIED BY 'right'; GRANT ALL ON DB.* TO USER | Access denied",
        "REVOKE INSERT ON DB.* FROM USER | GRANT INSERT ON DB.* TO USER | INSERT command denied",
        "ALTER USER USER ACCOUNT LOCK | ALTER USER USER ACCOUNT UNLOCK | error 4151",
        "RENAME TABLE t TO away | RENAME TABLE away TO t | error 1146",
        "ALTER TABLE t DROP b | ALTER TABLE t ADD b VARCHAR(10) | b",
        "ALTER TABLE t DROP PRIMARY KEY | ALTER TABLE t ADD PRIMARY KEY (k) | no primary key",
        "SET GLOBAL read_only = ON | SET GLOBAL read_only = OFF | error 1290"})
    void changeOfThePersonsIsWaitedForAndReported(String cause, String repair, String text) throws Exception {
        sink.start();
        sink.put(sink.row(1L, 1, "x"));
        execute(cause);
        restartSession();
        SinkRecord[] batch = {sink.row(3L, 3, "z"), sink.row(4L, 4, "w")};
        String report = "";
        try {
            while (!report.contains(text)) {
                assertThrows(RetriableException.class, () -> sink.put(batch));
                assertEquals(1, committed(3).offset());
                report = committed(3).metadata();
            }
        } finally {
            execute(repair);
        }
        assertTrue(report.contains(" since 2"), report);
        sink.putUntilDone(List.of(batch));
        assertEquals(new OffsetAndMetadata(3, ""), committed(3));
        assertEquals(List.of("1", "2", "3", "4"), sink.query("SELECT k FROM t ORDER BY k"));
        assertEquals(List.of(), sink.worker.reported);
    }

    private void execute(String statements) throws Exception {
        for (String one : statements.replace("USER USER", "USER " + user).replace("FROM USER", "FROM " + user)
                .replace("TO USER", "TO " + user).replace("DB.", sink.database + ".").split("; ")) {
            sink.execute(one);
        }
    }

    @Test
    void wrongPasswordAtTheStartIsReportedWithoutRecords() throws Exception {
        sink.execute("ALTER USER " + user + " IDENTIFIED BY 'new'");
        sink.worker.assignment.add(SinkTester.PARTITION);
        sink.start();
        sink.put();
        assertEquals(5, committed(5).offset(), "nothing was delivered: it is where the task began");
        assertTrue(committed(5).metadata().startsWith("is refused since 2"), committed(5).metadata());
        sink.execute("ALTER USER " + user + " IDENTIFIED BY 'right'");
        while (!committed(5).metadata().isEmpty()) { // Taken back, though nothing else is to be committed.
            sink.put();
        }
        sink.put(sink.row(1L, 1, "x"));
        assertEquals(2, sink.rows().size());
    }

    @Test
    void tableThatIsFullIsWaitedFor() throws Exception {
        sink.execute("DROP TABLE t", "SET SESSION max_heap_table_size = 16384",
                "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10)) ENGINE = MEMORY MAX_ROWS = 100");
        sink.execute("INSERT INTO t SELECT seq + 1000, 0, 'old' FROM seq_1_to_100");
        sink.start();
        List<SinkRecord> batch = new ArrayList<>();
        for (long key = 0; key < 200; key++) {
            batch.add(sink.row(key, 1, "x"));
        }
        RetriableException error = assertThrows(RetriableException.class, () -> sink.task.put(batch));
        assertTrue(error.getMessage().contains("error 1114"), error.getMessage());
        sink.execute("SET SESSION max_heap_table_size = 16777216", "ALTER TABLE t MAX_ROWS = 100000");
        sink.putUntilDone(batch);
        assertEquals(List.of(), sink.worker.reported);
        assertEquals(List.of("200"), sink.query("SELECT COUNT(*) FROM t WHERE k < 1000"));
    }

    @Test
    void tooManyConnectionsOfTheUserAreWaitedFor() throws Exception {
        sink.start();
        sink.execute("ALTER USER " + user + " WITH MAX_USER_CONNECTIONS 1");
        restartSession();
        SinkRecord[] batch = {sink.row(3L, 3, "z")};
        try (Connection other = java.sql.DriverManager.getConnection(
                sink.server.url(sink.database), sink.database, "right")) {
            String message = "";
            while (!message.contains("max_user_connections")) {
                message = assertThrows(RetriableException.class, () -> sink.put(batch)).getMessage();
            }
        }
        sink.putUntilDone(List.of(batch));
        assertEquals(2, sink.rows().size());
    }

    @Test
    void lockedTableIsWaitedFor() throws Exception {
        sink.start();
        SinkRecord[] batch = {sink.row(3L, 3, "z")};
        try (Connection other = sink.server.connect(sink.database); Statement statement = other.createStatement()) {
            statement.execute("LOCK TABLES t READ"); // A metadata lock, such as ALTER TABLE takes.
            String message = assertThrows(RetriableException.class, () -> sink.put(batch)).getMessage();
            assertTrue(message.contains("error 1205"), message);
        }
        sink.putUntilDone(List.of(batch));
        assertEquals(2, sink.rows().size());
    }

    @Test
    void recordThatEndsTheConnectionEachTimeIsFoundAndTheOthersBeforeItAreWritten() throws Exception {
        sink.execute("CREATE TRIGGER crash BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.b = 'bad' THEN "
                + "KILL CONNECTION_ID(); END IF; END");
        sink.with(MySqlSinkConfig.WRITE_MODE, "replace").start();
        List<SinkRecord> batch = new ArrayList<>();
        for (long key = 10; key < 42; key++) {
            batch.add(sink.row(key, 1, key == 33 ? "bad" : "x"));
        }
        String message = "";
        while (!message.contains("offset 23, which was tried alone")) {
            message = assertThrows(RetriableException.class, () -> sink.task.put(batch)).getMessage();
        }
        assertEquals(List.of("24"), sink.query("SELECT COUNT(*) FROM t"));
        assertEquals(List.of(), sink.worker.reported, "an end of the connection does not prove that a record is bad");
        sink.execute("DROP TRIGGER crash");
        sink.putUntilDone(batch);
        assertEquals(List.of("33"), sink.query("SELECT COUNT(*) FROM t"));
    }
}
