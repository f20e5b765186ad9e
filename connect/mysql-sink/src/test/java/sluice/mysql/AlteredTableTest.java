package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import sluice.testing.TestDatabase;

/** Tables that are altered while the task runs. */
class AlteredTableTest {
    private static final Schema NEWER = SchemaBuilder.struct().field("a", Schema.OPTIONAL_INT32_SCHEMA)
            .field("b", Schema.OPTIONAL_STRING_SCHEMA).field("c", Schema.OPTIONAL_INT64_SCHEMA).build();

    private SinkTester sink;

    private void start(String table) throws Exception {
        sink = new SinkTester(TestDatabase.shared(), table);
        sink.start();
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @Test
    void newColumnForANewField() throws Exception {
        start("CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))");
        sink.put(sink.row(1L, 1, "x"));
        ConnectException error = sink.failure(sink.record(2L, newer()));
        assertTrue(error.getMessage().contains("c"), error.getMessage());
        sink.execute("ALTER TABLE t ADD COLUMN c BIGINT AFTER k");
        sink.put(sink.record(2L, newer()), sink.row(3L, 3, "z"));
        assertEquals(List.of("1,null,1,x", "2,7,2,y", "3,null,3,z"), sink.rows());
    }

    private static Struct newer() {
        return new Struct(NEWER).put("a", 2).put("b", "y").put("c", 7L);
    }

    @Test
    void columnThatBecomesSmallerInMidBatch() throws Exception {
        start("CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))");
        sink.put(sink.row(1L, 1, "x"));
        try (BackgroundPut put = new BackgroundPut(sink, "LOCK TABLES t WRITE")) {
            put.start(sink.row(2L, 2, "long text"), sink.row(3L, 3, "z"));
            put.execute("ALTER TABLE t MODIFY b VARCHAR(3)", "UNLOCK TABLES");
            assertNull(put.failure());
        }
        assertEquals(List.of("1,1,x", "3,3,z"), sink.rows());
        assertTrue(sink.worker.reasons.get(0).contains("varchar(3)"), sink.worker.reasons.get(0));
    }

    @Test
    void columnThatTakesMoreInMidBatch() throws Exception {
        start("CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(3))");
        sink.put(sink.row(1L, 1, "x"));
        sink.execute("ALTER TABLE t MODIFY b VARCHAR(10)");
        sink.put(sink.row(2L, 2, "long text"));
        assertEquals(List.of("1,1,x", "2,2,long text"), sink.rows());
        assertEquals(List.of(), sink.worker.reported);
    }

    @Test
    void meaningOfAColumnThatChangesInMidBatch() throws Exception {
        start("CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))");
        sink.put(sink.row(1L, 1, "x"));
        try (BackgroundPut put = new BackgroundPut(sink, "LOCK TABLES t WRITE")) {
            put.start(sink.row(2L, 2, "y"));
            // The statement on its way names the same columns.
            put.execute("ALTER TABLE t ADD UNIQUE (a)", "UNLOCK TABLES");
            assertNull(put.failure());
        }
        sink.put(sink.row(3L, 2, "same a"));
        assertEquals(List.of("1,1,x", "2,2,y"), sink.rows()); // REPLACE would have deleted the row with that a.
        assertTrue(sink.worker.reasons.get(0).contains("error 1062"), sink.worker.reasons.get(0));
    }

    @Test
    void tableThatWasRenamedAway() throws Exception {
        start("CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))");
        sink.put(sink.row(1L, 1, "x"));
        sink.execute("RENAME TABLE t TO other");
        ConnectException error = sink.failure(sink.row(2L, 2, "y"));
        assertTrue(error.getMessage().contains("error 1146"), error.getMessage());
        assertTrue(error.getMessage().contains("Create the table"), error.getMessage());
    }
}
