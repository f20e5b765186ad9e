package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sluice.mysql.batch.OffsetsTable;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** Offsets in the database besides Kafka's: a task notices what the database has lost, and goes back. */
class LostRowsTest {
    private SinkTester sink;

    @BeforeEach
    void createTables() throws Exception {
        sink = new SinkTester(TestDatabase.shared(), "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))",
                new OffsetsTable("offsets", "sink").createStatement());
        sink.with(MySqlSinkConfig.OFFSETS_TABLE, "offsets", MySqlSinkConfig.RETRY_BACKOFF_MS, "1");
        sink.start();
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    private void backup() throws Exception {
        sink.execute("CREATE TABLE t_backup AS SELECT * FROM t", "CREATE TABLE offsets_backup AS SELECT * FROM offsets");
    }

    private void restore() throws Exception {
        sink.execute("DELETE FROM t", "INSERT INTO t SELECT * FROM t_backup",
                "DELETE FROM offsets", "INSERT INTO offsets SELECT * FROM offsets_backup");
    }

    private static Map<TopicPartition, OffsetAndMetadata> at(long offset) {
        return Map.of(SinkTester.PARTITION, new OffsetAndMetadata(offset));
    }

    private void idleUntilRewound() {
        while (sink.worker.rewound.isEmpty()) {
            sink.put();
        }
    }

    @Test
    void restoreUnderARunningTaskHealsWithTheNextRecordsDeletionsToo() throws Exception {
        sink.put(sink.row(1L, 1, "x"));
        backup();
        SinkRecord second = sink.row(2L, 2, "y");
        SinkRecord deletion = sink.deletion(1L);
        sink.put(second, deletion);
        restore();
        SinkRecord third = sink.row(3L, 3, "z");
        sink.putUntilDone(List.of(third));
        assertEquals(List.of("1,1,x"), sink.rows());
        assertEquals(Map.of(SinkTester.PARTITION, 1L), sink.worker.rewound);
        assertTrue(sink.worker.commitRequested);
        assertEquals(at(1), sink.task.preCommit(at(4)));
        sink.put(second, deletion, third);
        assertEquals(List.of("2,2,y", "3,3,z"), sink.rows());
        assertEquals(at(4), sink.task.preCommit(at(4)));
    }

    @Test
    void restoreIsNoticedWithoutFurtherRecords() throws Exception {
        sink.put(sink.row(1L, 1, "x"));
        backup();
        sink.put(sink.row(2L, 2, "y"));
        restore();
        idleUntilRewound();
        assertEquals(Map.of(SinkTester.PARTITION, 1L), sink.worker.rewound);
    }

    @Test
    void restoreWhileNoTaskRanIsNoticedWithoutRecords() throws Exception {
        sink.put(sink.row(1L, 1, "x"));
        sink.task.stop();
        sink.start();
        sink.task.preCommit(at(7));
        idleUntilRewound();
        assertEquals(Map.of(SinkTester.PARTITION, 1L), sink.worker.rewound);
    }

    @Test
    void firstStartWithCommittedOffsetsWritesEverythingOnce() throws Exception {
        SinkRecord late = SinkTester.record(7L, SinkTester.value(7, "late"), 7);
        sink.put(late);
        assertEquals(List.of(), sink.rows());
        assertEquals(Map.of(SinkTester.PARTITION, 0L), sink.worker.rewound);
        sink.put(sink.row(1L, 1, "x"), late);
        assertEquals(List.of("1,1,x", "7,7,late"), sink.rows());
    }

    @Test
    void offsetsThatWereResetByHandAreFollowed() throws Exception {
        SinkRecord first = sink.row(1L, 1, "x");
        sink.put(first, sink.row(2L, 2, "y"));
        sink.execute("DELETE FROM t");
        sink.task.stop();
        sink.start();
        sink.put(first);
        assertEquals(Map.of(), sink.worker.rewound);
        assertEquals(List.of("1,1,x"), sink.rows());
        assertEquals(List.of("1"), sink.query("SELECT next_offset FROM offsets"));
    }

    @Test
    void batchThatIsBeingWrittenDuringTheRestoreIsNot() throws Exception {
        sink.put(sink.row(1L, 1, "x"));
        SinkRecord second = sink.row(2L, 2, "y");
        try (BackgroundPut put = new BackgroundPut(sink, "INSERT INTO t VALUES (2, 0, 'old')",
                "UPDATE offsets SET next_offset = 0")) {
            put.start(second);
            put.execute("DELETE FROM t");
            put.blocker.commit();
            assertTrue(put.failure().getMessage().contains("next offset of t-0 is not 1"));
        }
        assertEquals(List.of(), sink.rows());
        sink.put(second);
        assertEquals(Map.of(SinkTester.PARTITION, 0L), sink.worker.rewound);
    }

    @Test
    void recordAtTheEndThatTheDatabaseRefusesIsNotTakenForALoss() throws Exception {
        sink.execute("ALTER TABLE t ADD CHECK (a >= 0)");
        sink.put(sink.row(1L, 1, "x"), sink.row(2L, -1, "bad"));
        assertEquals(List.of("2"), sink.query("SELECT next_offset FROM offsets"));
        SinkRecord other = new SinkRecord(SinkTester.TOPIC, 1, null, 4L, SinkTester.VALUE, SinkTester.value(4, "w"), 0);
        sink.put(other, sink.row(3L, -1, "bad"));
        assertEquals(List.of("3", "1"), sink.query("SELECT next_offset FROM offsets ORDER BY kafka_partition"));
        assertEquals(2, sink.worker.reported.size());
    }

    @Test
    void lostPartitionIsLeftOutOfABatchUntilTheOthersAreWritten() throws Exception {
        TopicPartition second = new TopicPartition(SinkTester.TOPIC, 1);
        sink.put(sink.row(1L, 1, "x"), sink.row(2L, 2, "y"));
        sink.task.stop();
        sink.execute("UPDATE offsets SET next_offset = 1", "DELETE FROM t WHERE k = 2",
                "INSERT INTO t VALUES (4, 0, 'old')");
        sink.with(MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "2000").start();
        SinkRecord third = sink.row(3L, 3, "z");
        SinkRecord other = new SinkRecord(second.topic(), 1, null, 4L, SinkTester.VALUE, SinkTester.value(4, "w"), 0);
        try (BackgroundPut lock = new BackgroundPut(sink, "UPDATE t SET a = 9 WHERE k = 4")) {
            assertThrows(RetriableException.class, () -> sink.put(third, other));
            lock.blocker.rollback();
        }
        sink.put(third, other); // Connect has gone back, but puts the batch again that it has.
        assertEquals(List.of("1,1,x", "4,4,w"), sink.rows());
        assertEquals(List.of("1", "1"), sink.query("SELECT next_offset FROM offsets ORDER BY kafka_partition"));
        sink.put(SinkTester.record(2L, SinkTester.value(2, "y"), 1), third);
        assertEquals(List.of("1,1,x", "2,2,y", "3,3,z", "4,4,w"), sink.rows());
    }
}
