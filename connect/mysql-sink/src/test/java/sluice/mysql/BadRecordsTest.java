package sluice.mysql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.database.DatabaseErrors;
import sluice.mysql.database.DatabaseServer;
import sluice.mysql.database.DatabaseSession;
import sluice.sink.DeadLetters;
import sluice.testing.TestDatabase;

/** Batches that the database refuses because of some of their records: those with a negative number. */
class BadRecordsTest {
    private SinkTester sink;

    @BeforeEach
    void createTable() throws Exception {
        sink = new SinkTester(TestDatabase.shared(), "CREATE TABLE t (k BIGINT PRIMARY KEY, "
                + "a INT, b VARCHAR(10), CONSTRAINT not_negative CHECK (a >= 0))");
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"local.infile", "insert"})
    void tenBadRecordsAmongTenThousandAreFoundExactly(String mode) throws Exception {
        sink.with(MySqlSinkConfig.LOAD_MODE, mode).start();
        Set<Object> bad = new TreeSet<>();
        new Random(5).longs(0, 10_000).distinct().limit(10).forEach(bad::add);
        List<SinkRecord> records = new ArrayList<>();
        for (long key = 0; key < 10_000; key++) {
            records.add(sink.row(key, bad.contains(key) ? -1 : 1, "x"));
        }
        sink.task.put(records);
        assertEquals(10, sink.worker.reported.size());
        Set<Object> reported = new TreeSet<>();
        sink.worker.reported.forEach(record -> reported.add(record.key()));
        assertEquals(bad, reported);
        String reason = sink.worker.reasons.get(0);
        assertTrue(reason.contains("error 4025 (23000): CONSTRAINT `not_negative` failed"), reason);
        assertEquals(List.of("9990"), sink.query("SELECT COUNT(*) FROM t"));
        assertTrue(sink.task.metrics().halvings() >= 10, "halvings");
    }

    @Test
    void goodRecordDoesNotHideABadOneOfItsKeyFromTheDeadLettersNorTheOtherWayRound() throws Exception {
        sink.start();
        sink.put(sink.row(1L, 1, "old"), sink.row(1L, -1, "bad"), sink.row(2L, 1, "x"));
        assertEquals(List.of("1,1,old", "2,1,x"), sink.rows()); // Not: the row of the bad record, or none.
        assertEquals(List.of("the database refuses the record"), List.of(sink.worker.reasons.get(0).split(":")[0]));
        assertEquals(1, sink.worker.reported.size());
        sink.put(sink.row(1L, -1, "bad"), sink.row(1L, 2, "new"));
        assertEquals(List.of("1,2,new", "2,1,x"), sink.rows());
    }

    @Test
    void badDeletionIsADeadLetterToo() throws Exception {
        sink.execute("CREATE TABLE child (k BIGINT PRIMARY KEY, t BIGINT, FOREIGN KEY (t) REFERENCES t (k))",
                "INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y')", "INSERT INTO child VALUES (7, 1)");
        sink.start();
        sink.put(sink.deletion(1L), sink.deletion(2L), sink.row(3L, 3, "z"));
        assertEquals(List.of("1,1,x", "3,3,z"), sink.rows());
        assertTrue(sink.worker.reasons.get(0).contains("error 1451 (23000)"), sink.worker.reasons.get(0));
        assertEquals(1L, sink.worker.reported.get(0).key());
    }

    @Test
    void withoutADeadLetterQueueTheTaskStopsAfterTheRecordsBeforeIt() throws Exception {
        sink.settings.remove(DeadLetters.TOPIC);
        sink.start();
        ConnectException error = sink.failure(
                sink.row(1L, 1, "good"), sink.row(2L, -2, "bad"), sink.row(3L, 3, "later"));
        assertTrue(error.getMessage().startsWith("topic t, partition 0, offset 1: "), error.getMessage());
        assertTrue(error.getMessage().contains("4025"), error.getMessage());
        assertEquals(List.of("1,1,good"), sink.rows());
        error = sink.failure(sink.row(4L, 4, "good"), sink.row(5L, 5, "longer than 10"), sink.row(6L, 6, "later"));
        assertTrue(error.getMessage().contains("offset 4: column b"), error.getMessage());
        assertEquals(List.of("1,1,good", "4,4,good"), sink.rows());
    }

    @Test
    void warningIsAnError() throws Exception {
        MySqlSinkConfig config = new MySqlSinkConfig(sink.settings);
        try (DatabaseServer server = new DatabaseServer(config, 5_000); DatabaseSession session = server.open()) {
            // LOCAL without REPLACE: what would be errors are warnings.
            String load = "LOAD DATA LOCAL INFILE 'rows' INTO TABLE t (k, a)";
            SQLException error = assertThrows(SQLException.class,
                    () -> session.load(load, new ByteArrayInputStream("1\t1\n1\t2\n".getBytes(UTF_8))));
            assertEquals(1062, error.getErrorCode());
            assertEquals(DatabaseErrors.Kind.RECORD, DatabaseErrors.kind(error));
            session.rollback();
            // A warning on MySQL: deprecated, but not wrong.
            session.execute("INSERT INTO t (k, a) VALUES (1, 1) ON DUPLICATE KEY UPDATE a = VALUES(a)");
        }
    }

    @Test
    void errorThatMayNotBeTheRecordsFaultIsADeadLetterOnlyWhereOthersCanBeWritten() throws Exception {
        sink.execute("CREATE TRIGGER fails BEFORE INSERT ON t FOR EACH ROW BEGIN IF NEW.a = 13 THEN "
                + "SIGNAL SQLSTATE 'HY000' SET MESSAGE_TEXT = 'odd', MYSQL_ERRNO = 30002; END IF; END");
        sink.start();
        sink.put(sink.row(1L, 12, "x"), sink.row(2L, 13, "y"));
        assertEquals(List.of("1,12,x"), sink.rows());
        assertTrue(sink.worker.reasons.get(0).contains("error 30002 (HY000): odd"), sink.worker.reasons.get(0));
        ConnectException error = sink.failure(sink.row(3L, 13, "y"), sink.row(4L, 13, "y"));
        assertTrue(error.getMessage().contains("nothing else could be written to table t"), error.getMessage());
        assertEquals(1, sink.worker.reported.size());
    }
}
