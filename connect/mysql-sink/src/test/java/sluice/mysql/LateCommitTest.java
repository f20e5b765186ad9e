package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.batch.OffsetsTable;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** A commit that takes longer than a statement may is not killed, and what it has committed is not written again. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LateCommitTest {
    private static final int COMMIT_MS = 6_000;

    private static TestDatabase server;
    private SinkTester sink;

    @BeforeAll
    static void startServer() throws Exception {
        server = TestDatabase.withSettings("log_bin = binlog", "server_id = 1", "rpl_semi_sync_master_wait_no_slave = ON",
                "rpl_semi_sync_master_wait_point = AFTER_SYNC");
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @BeforeEach
    void createTables() throws Exception {
        sink = new SinkTester(server, "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))",
                new OffsetsTable("sluice_offsets", "sink").createStatement());
        sink.with(MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "1000", MySqlSinkConfig.RETRY_TIMEOUT_MS, "-1",
                MySqlSinkConfig.RETRY_BACKOFF_MS, "1");
    }

    @AfterEach
    void stop() throws Exception {
        server.execute("", "SET GLOBAL rpl_semi_sync_master_enabled = OFF");
        sink.close();
    }

    /** Lets the next commit wait, with its log written, for a replica that is not there; the ones after it do not. */
    private static void delayNextCommit(int milliseconds) throws Exception {
        server.execute("", "SET GLOBAL rpl_semi_sync_master_enabled = OFF",
                "SET GLOBAL rpl_semi_sync_master_timeout = " + milliseconds,
                "SET GLOBAL rpl_semi_sync_master_enabled = ON");
    }

    private SinkRecord[] rows(long first, int count) {
        SinkRecord[] rows = new SinkRecord[count];
        for (int index = 0; index < count; index++) {
            rows[index] = sink.row(first + index, index, "x");
        }
        return rows;
    }

    /** Puts a batch whose commit is late, and waits until so many rows are committed. */
    private void putLate(int rows, SinkRecord... batch) throws Exception {
        delayNextCommit(2_500);
        assertThrows(RetriableException.class, () -> sink.put(batch));
        while (sink.rows().size() < rows) {
            Thread.onSpinWait();
        }
        assertEquals(rows, sink.rows().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false"})
    void commitThatIsLateIsWaitedForAndNotWrittenAgain(String exactlyOnce) throws Exception {
        sink.with(MySqlSinkConfig.OFFSETS_TABLE, "sluice_offsets", MySqlSinkConfig.EXACTLY_ONCE, exactlyOnce).start();
        sink.put(sink.row(1L, 1, "x"));
        delayNextCommit(COMMIT_MS);
        SinkRecord[] batch = {sink.row(2L, 2, "y"), sink.row(3L, 3, "z")};
        for (int tries = 0; tries < 3; tries++) {
            String message = assertThrows(RetriableException.class, () -> sink.put(batch)).getMessage();
            assertTrue(message.contains("is still under way"), message);
            assertEquals(1, sink.query("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO = 'COMMIT'").size());
        }
        while (sink.rows().size() < 3) {
            Thread.onSpinWait();
        }
        sink.execute("UPDATE t SET b = 'later' WHERE k = 2");
        sink.putUntilDone(List.of(batch));
        assertEquals(List.of("1,1,x", "2,2,later", "3,3,z"), sink.rows());
        assertEquals(List.of("3"), sink.query("SELECT next_offset FROM sluice_offsets"));
        assertEquals(List.of(), sink.worker.reported);
    }

    @Test
    void batchesOfWhichEveryCommitIsLateEnd() throws Exception {
        sink.with(MySqlSinkConfig.OFFSETS_TABLE, "sluice_offsets").start();
        sink.put(sink.row(0L, 0, "x"));
        SinkRecord[] first = rows(1, 4);
        putLate(5, first);
        delayNextCommit(COMMIT_MS);
        sink.put(first); // It is written already.
        SinkRecord[] second = rows(5, 4);
        putLate(8, second); // Three records of it: transactions are smaller now.
        putLate(9, second);
        delayNextCommit(COMMIT_MS);
        sink.put(second);
        assertEquals(List.of("9"), sink.query("SELECT next_offset FROM sluice_offsets"));
    }

    @Test
    void batchThatAnotherTaskMayHaveChangedSinceIsWrittenAgain() throws Exception {
        sink.with(MySqlSinkConfig.OFFSETS_TABLE, "sluice_offsets").start();
        sink.put(sink.row(0L, 0, "x"));
        SinkRecord[] batch = rows(1, 2);
        putLate(3, batch);
        sink.execute("UPDATE t SET b = 'other'", "UPDATE sluice_offsets SET owner = 'another'");
        sink.putUntilDone(List.of(batch));
        assertEquals(List.of("0,0,other", "1,0,x", "2,1,x"), sink.rows());
    }

    @Test
    void transactionsAreMadeSmallerAlsoWithoutATableOfOffsets() throws Exception {
        sink.start();
        SinkRecord[] batch = rows(0, 4);
        putLate(4, batch);
        sink.putUntilDone(List.of(batch));
        assertEquals(2, sink.task.metrics().batches());
    }
}
