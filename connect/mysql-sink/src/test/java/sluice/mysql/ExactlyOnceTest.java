package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sluice.mysql.batch.OffsetsTable;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** Offsets in the database, in the same transaction as the rows. */
class ExactlyOnceTest {
    private SinkTester sink;

    @BeforeEach
    void createTables() throws Exception {
        sink = new SinkTester(TestDatabase.shared(), "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT CHECK (a >= 0), "
                + "b VARCHAR(10))", new OffsetsTable("sluice_offsets", "sink").createStatement());
        sink.with(MySqlSinkConfig.EXACTLY_ONCE, "true", MySqlSinkConfig.RETRY_BACKOFF_MS, "1");
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    private List<String> offsets() throws Exception {
        return sink.query("SELECT connector, topic, kafka_partition, next_offset FROM sluice_offsets");
    }

    @Test
    void offsetsAreCommittedWithTheRowsAndANewTaskGoesOnFromThem() throws Exception {
        sink.start();
        assertEquals(Map.of(), sink.worker.rewound);
        SinkRecord first = sink.row(1L, 1, "x");
        sink.put(first, sink.row(2L, -1, "bad"), sink.row(3L, 3, "z"));
        assertEquals(List.of("sink,t,0,3"), offsets());
        assertEquals(1, sink.worker.reported.size());
        sink.task.stop();
        sink.start();
        assertEquals(Map.of(SinkTester.PARTITION, 3L), sink.worker.rewound);
        sink.execute("DELETE FROM t");
        sink.put(first, sink.row(4L, 4, "w")); // The first was written already.
        assertEquals(List.of("4,4,w"), sink.rows());
        assertEquals(List.of("sink,t,0,4"), offsets());
    }

    @Test
    void restoredOlderBackupHealsUnderARunningTask() throws Exception {
        sink.start();
        SinkRecord first = sink.row(1L, 1, "x");
        sink.put(first);
        sink.execute("CREATE TABLE backup AS SELECT * FROM sluice_offsets", "UPDATE backup SET owner = 'older'");
        SinkRecord second = sink.row(2L, 2, "y");
        sink.put(second);
        sink.execute("DELETE FROM t WHERE k = 2", "REPLACE INTO sluice_offsets SELECT * FROM backup");
        SinkRecord third = sink.row(3L, 3, "z");
        sink.putUntilDone(List.of(third));
        assertEquals(Map.of(SinkTester.PARTITION, 1L), sink.worker.rewound);
        assertEquals(List.of("1,1,x"), sink.rows());
        sink.put(second, third);
        assertEquals(List.of("1,1,x", "2,2,y", "3,3,z"), sink.rows());
        assertEquals(List.of("sink,t,0,3"), offsets());
    }

    @Test
    void taskThatLostItsPartitionWithoutKnowingWritesNothing() throws Exception {
        sink.start();
        sink.put(sink.row(1L, 1, "x"));
        MySqlSinkTask zombie = sink.task;
        sink.start();
        SinkRecord late = sink.row(2L, 2, "zombie");
        ConnectException error = assertThrows(RetriableException.class, () -> zombie.put(List.of(late)));
        assertTrue(error.getMessage().contains("another task has taken it"), error.getMessage());
        sink.put(SinkTester.record(2L, SinkTester.value(3, "right"), late.kafkaOffset()));
        zombie.put(List.of(late)); // It tries again, and the table says that the record is written.
        assertEquals(List.of("1,1,x", "2,3,right"), sink.rows());
        sink.putUntilDone(List.of(sink.row(3L, 3, "z"))); // The zombie has taken the partition.
        assertEquals(List.of("1,1,x", "2,3,right", "3,3,z"), sink.rows());
        zombie.stop();
    }

    @Test
    void batchOfWhichNobodyKnowsWhetherItWasCommittedIsNotWrittenTwice() throws Exception {
        sink.start();
        SinkRecord[] batch = {sink.row(1L, 1, "x"), sink.row(2L, 2, "y")};
        try (BackgroundPut put = new BackgroundPut(sink, "INSERT INTO t VALUES (2, 0, 'old')")) {
            sink.server.execute("", "KILL CONNECTION " + put.start(batch));
            assertInstanceOf(RetriableException.class, put.failure());
            put.blocker.rollback();
        }
        // As if the commit had been done before the connection was lost.
        sink.execute("UPDATE sluice_offsets SET next_offset = 1", "INSERT INTO t VALUES (1, 9, 'there')");
        sink.put(batch);
        assertEquals(List.of("1,9,there", "2,2,y"), sink.rows());
        assertEquals(List.of("sink,t,0,2"), offsets());
    }

    @Test
    void assignmentThatFailsHalfWayIsDoneAgainWithTheFirstRecords() throws Exception {
        sink.start();
        sink.put(sink.row(1L, 1, "x"));
        sink.with(MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "2000");
        sink.task = sink.worker.start(new MySqlSinkTask(), sink.settings);
        TopicPartition other = new TopicPartition(SinkTester.TOPIC, 1);
        sink.execute("INSERT INTO sluice_offsets VALUES ('sink', 't', 1, 5, 'another task')");
        try (BackgroundPut lock = new BackgroundPut(sink,
                "UPDATE sluice_offsets SET owner = '' WHERE connector = 'sink' AND topic = 't' "
                        + "AND kafka_partition = 1")) {
            sink.task.open(new LinkedHashSet<>(List.of(SinkTester.PARTITION, other)));
            lock.blocker.rollback();
        }
        SinkRecord second = sink.row(2L, 2, "y");
        sink.put(second); // Not written: it comes again, from where the table says.
        sink.put(second);
        assertEquals(List.of("1,1,x", "2,2,y"), sink.rows());
    }

    @Test
    void databaseThatWasDownAtTheAssignmentIsAskedWithTheFirstRecords() throws Exception {
        sink.start();
        sink.put(sink.row(1L, 1, "x"), sink.row(2L, 2, "y"));
        sink.task.close(Set.of(SinkTester.PARTITION)); // Assigned again, but open() could not reach the database.
        sink.put(SinkTester.record(7L, SinkTester.value(7, "late"), 7));
        assertEquals(Map.of(SinkTester.PARTITION, 2L), sink.worker.rewound);
        assertEquals(List.of("1,1,x", "2,2,y"), sink.rows()); // The record comes again, after those before it.
        sink.put(SinkTester.record(3L, SinkTester.value(3, "z"), 2));
        assertEquals(List.of("1,1,x", "2,2,y", "3,3,z"), sink.rows());
    }

    @Test
    void missingTableIsNamedWithItsStatement() throws Exception {
        sink.execute("DROP TABLE sluice_offsets");
        ConnectException error = assertThrows(ConnectException.class, () -> sink.start());
        assertTrue(error.getMessage().contains("CREATE TABLE `sluice_offsets` ("), error.getMessage());
    }
}
