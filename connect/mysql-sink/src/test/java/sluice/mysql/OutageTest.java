package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** Failures that pass: the batch is put again, and then it is written, whole. */
class OutageTest {
    private static TestDatabase server;
    private SinkTester sink;

    @BeforeAll
    static void startServer() throws Exception {
        server = TestDatabase.withSettings("innodb_print_all_deadlocks = OFF");
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createTable() throws Exception {
        sink = new SinkTester(server, "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))",
                "INSERT INTO t VALUES (2, 0, 'old')");
        sink.with(MySqlSinkConfig.RETRY_BACKOFF_MS, "1", MySqlSinkConfig.RETRY_BACKOFF_MAX_MS, "1");
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    private SinkRecord[] batch() {
        return new SinkRecord[] {sink.row(1L, 1, "x"), sink.row(2L, 2, "y"), sink.row(3L, 3, "z")};
    }

    private void assertRetried(Throwable failure, String text, SinkRecord[] batch) throws Exception {
        assertInstanceOf(RetriableException.class, failure);
        assertTrue(failure.getMessage().contains(text), failure.getMessage());
        assertEquals(1, sink.worker.timeout);
        assertEquals(List.of("2,0,old"), sink.rows());
        sink.putUntilDone(List.of(batch));
        assertEquals(List.of("1,1,x", "2,2,y", "3,3,z"), sink.rows());
        assertEquals(List.of(), sink.worker.reported);
    }

    @Test
    void killedConnection() throws Exception {
        sink.start();
        SinkRecord[] batch = batch();
        try (BackgroundPut put = new BackgroundPut(sink, "UPDATE t SET a = 1 WHERE k = 2")) {
            server.execute("", "KILL CONNECTION " + put.start(batch));
            Throwable failure = put.failure();
            put.blocker.rollback();
            assertRetried(failure, "database at 127.0.0.1", batch);
        }
    }

    @Test
    void killedServer() throws Exception {
        sink.start();
        SinkRecord[] batch = batch();
        Throwable failure;
        try (BackgroundPut put = new BackgroundPut(sink, "UPDATE t SET a = 1 WHERE k = 2")) {
            put.start(batch);
            server.kill();
            failure = put.failure();
        }
        assertInstanceOf(RetriableException.class, assertThrows(ConnectException.class, () -> sink.put(batch)));
        server.restart();
        assertRetried(failure, "database at 127.0.0.1", batch);
    }

    @Test
    void lockWait() throws Exception {
        sink.with(MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "2000").start();
        SinkRecord[] batch = batch();
        try (BackgroundPut put = new BackgroundPut(sink, "UPDATE t SET a = 1 WHERE k = 2")) {
            put.start(batch);
            Throwable failure = put.failure();
            put.blocker.rollback();
            assertRetried(failure, "error 1205", batch);
        }
    }

    @Test
    void statementThatTakesTooLongIsEnded() throws Exception {
        sink.execute("CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.b = 'slow' THEN DO SLEEP(60); "
                + "END IF; END");
        sink.with(MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "1000").start();
        ConnectException error = assertThrows(ConnectException.class, () -> sink.put(sink.row(9L, 1, "slow")));
        assertInstanceOf(RetriableException.class, error);
        assertTrue(error.getMessage().contains("no answer within 1000 ms (connection.statement.timeout.ms)"),
                error.getMessage());
        while (!sink.query("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%stage%' AND COMMAND = "
                + "'Query' AND ID <> CONNECTION_ID() AND DB = '" + sink.database + "'").isEmpty()) {
            Thread.onSpinWait(); // The server ends the statement too.
        }
        sink.put(sink.row(8L, 1, "fast"));
        assertEquals(List.of("2,0,old", "8,1,fast"), sink.rows());
    }

    @Test
    void batchThatTakesTooLongIsWrittenInParts() throws Exception {
        sink.execute("CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW DO SLEEP(0.1)");
        sink.with(MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "1000", MySqlSinkConfig.RETRY_TIMEOUT_MS, "10000",
                MySqlSinkConfig.WRITE_MODE, "replace").start();
        List<SinkRecord> batch = new ArrayList<>();
        for (long key = 10; key < 26; key++) {
            batch.add(sink.row(key, 1, "x"));
        }
        sink.putUntilDone(batch);
        assertTrue(sink.worker.timeout > 0, "no transaction took too long");
        assertEquals(List.of("17"), sink.query("SELECT COUNT(*) FROM t"));
    }

    @Test
    void readOnlyServer() throws Exception {
        // An ordinary user: others may write in spite of read_only.
        server.execute("", "CREATE USER 'plain'@'127.0.0.1' IDENTIFIED BY 'p'",
                "GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON " + sink.database + ".* TO 'plain'@'127.0.0.1'");
        sink.with(MySqlSinkConfig.USERNAME, "plain", MySqlSinkConfig.PASSWORD, "p").start();
        SinkRecord[] batch = batch();
        server.execute("", "SET GLOBAL read_only = ON");
        Throwable failure = assertThrows(ConnectException.class, () -> sink.put(batch));
        server.execute("", "SET GLOBAL read_only = OFF");
        assertRetried(failure, "error 1290", batch);
    }

    @Test
    void deadlocksOfTwoTasksLoseNothing() throws Exception {
        // Text keys are written in the order of the records, so that two tasks can wait for each other.
        sink.execute("DROP TABLE t", "CREATE TABLE t (k VARCHAR(10) PRIMARY KEY, a INT, b VARCHAR(10))");
        sink.with(MySqlSinkConfig.RETRY_TIMEOUT_MS, "-1").start();
        MySqlSinkTask other = sink.worker.start(new MySqlSinkTask(), sink.settings);
        CompletableFuture<Void> background = CompletableFuture.runAsync(() -> writeMany(other, 0));
        writeMany(sink.task, 1);
        background.get();
        other.stop();
        assertEquals(List.of("400,19"), sink.query("SELECT COUNT(*), MIN(a) FROM t"));
    }

    private void writeMany(MySqlSinkTask task, int parity) {
        for (int round = 0; round < 20; round++) {
            List<SinkRecord> batch = new ArrayList<>();
            for (int index = 0; index < 200; index++) {
                int number = 2 * (parity == 0 ? index : 199 - index) + parity;
                batch.add(SinkTester.record("k" + number, SinkTester.value(round, "x"), index));
                batch.add(SinkTester.record("k" + (number ^ 1), SinkTester.value(round, "x"), index));
            }
            while (true) {
                try {
                    task.put(batch);
                    break;
                } catch (RetriableException error) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    @Test
    void longOutageEndsTheTask() throws Exception {
        sink.with(MySqlSinkConfig.RETRY_TIMEOUT_MS, "50").start();
        server.kill();
        try {
            ConnectException error = sink.failure(batch());
            assertFalse(error instanceof RetriableException);
            assertTrue(error.getMessage().contains("gave up after 50 ms (retry.timeout.ms)"), error.getMessage());
        } finally {
            server.restart();
        }
    }

    @Test
    void serverThatIsDownAtTheStartIsRetried() throws Exception {
        server.kill();
        try {
            sink.start();
            assertThrows(RetriableException.class, () -> sink.put(batch()));
        } finally {
            server.restart();
        }
        sink.put(batch());
        assertEquals(3, sink.rows().size());
    }

    @Test
    void localInfileThatIsSwitchedOffIsNoFailure() throws Exception {
        sink.start();
        sink.put(sink.row(1L, 1, "x"));
        server.execute("", "SET GLOBAL local_infile = OFF");
        try {
            sink.putUntilDone(List.of(batch()));
        } finally {
            server.execute("", "SET GLOBAL local_infile = ON");
        }
        assertEquals(List.of("1,1,x", "2,2,y", "3,3,z"), sink.rows());
        assertNull(sink.task.metrics().localInfile() ? "still LOAD DATA" : null);
    }
}
