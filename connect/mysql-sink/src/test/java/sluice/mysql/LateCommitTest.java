package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import sluice.mysql.batch.OffsetsTable;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** A commit that takes longer than a statement may is not killed, and what it has committed is not written again. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LateCommitTest {
    /** A commit waits for a replica that is not there, with its log written, until this time is over. */
    private static final String COMMIT_MS = "6000";

    @Test
    void commitThatIsLateIsWaitedForAndNotWrittenAgain() throws Exception {
        try (TestDatabase server = TestDatabase.withSettings("log_bin = binlog", "server_id = 1",
                "rpl_semi_sync_master_wait_no_slave = ON", "rpl_semi_sync_master_wait_point = AFTER_SYNC",
                "rpl_semi_sync_master_timeout = " + COMMIT_MS)) {
            SinkTester sink = new SinkTester(server, "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))",
                    new OffsetsTable("sluice_offsets", "sink").createStatement());
            sink.with(MySqlSinkConfig.EXACTLY_ONCE, "true", MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "1000",
                    MySqlSinkConfig.RETRY_TIMEOUT_MS, "-1", MySqlSinkConfig.RETRY_BACKOFF_MS, "1").start();
            sink.put(sink.row(1L, 1, "x"));
            server.execute("", "SET GLOBAL rpl_semi_sync_master_enabled = ON");
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
            sink.close();
        }
    }
}
