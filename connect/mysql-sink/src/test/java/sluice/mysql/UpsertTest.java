package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** Tables where REPLACE would change more than the row. */
class UpsertTest {
    private static final String COLUMNS = "k BIGINT PRIMARY KEY, a INT, b VARCHAR(10)";

    private SinkTester sink;

    private SinkTester create(String... statements) throws Exception {
        sink = new SinkTester(TestDatabase.shared(), statements);
        return sink;
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "insert"})
    void columnsThatARecordDoesNotHaveStayAsTheyAre(String loadMode) throws Exception {
        create("CREATE TABLE t (" + COLUMNS + ", note VARCHAR(20) DEFAULT 'new')",
                "INSERT INTO t VALUES (1, 1, 'x', 'by hand')").with(MySqlSinkConfig.LOAD_MODE, loadMode).start();
        sink.put(sink.row(1L, 2, "y"), sink.row(2L, 3, "z"));
        assertEquals(List.of("1,2,y,by hand", "2,3,z,new"), sink.rows());
    }

    @Test
    void valueOfAnotherUniqueIndexThatExistsIsABadRecordNotALostRow() throws Exception {
        create("CREATE TABLE t (" + COLUMNS + ", UNIQUE (b))", "INSERT INTO t VALUES (1, 1, 'x')").start();
        sink.put(sink.row(2L, 2, "x"), sink.row(1L, 3, "x"), sink.row(3L, 3, "z"));
        assertEquals(List.of("1,3,x", "3,3,z"), sink.rows());
        assertEquals(2L, sink.worker.reported.get(0).key());
        assertTrue(sink.worker.reasons.get(0).contains("error 1062 (23000): Duplicate entry 'x' for key"),
                sink.worker.reasons.get(0));
    }

    @Test
    void valueOfAnotherUniqueIndexMovesToAnotherRow() throws Exception {
        create("CREATE TABLE t (" + COLUMNS + ", UNIQUE (b))",
                "INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'y')").start();
        sink.put(sink.row(1L, 1, "free"), sink.row(2L, 2, "x"), sink.deletion(1L), sink.row(3L, 3, "free"));
        assertEquals(List.of("2,2,x", "3,3,free"), sink.rows());
        assertEquals(List.of(), sink.worker.reasons);
    }

    private static String trigger(String event, String row) {
        return "CREATE TRIGGER on_" + event + " AFTER " + event + " ON t FOR EACH ROW INSERT INTO log (what) "
                + "VALUES (CONCAT('" + event + " ', " + row + ".k))";
    }

    @Test
    void triggersSeeWhatHappens() throws Exception {
        create("CREATE TABLE t (" + COLUMNS + ")",
                "CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20))",
                trigger("insert", "NEW"),
                trigger("update", "NEW"),
                trigger("delete", "OLD")).start();
        sink.put(sink.row(1L, 1, "x"), sink.row(2L, 2, "y"));
        sink.put(sink.row(1L, 3, "z"), sink.deletion(2L));
        assertEquals(List.of("insert 1", "insert 2", "update 1", "delete 2"),
                sink.query("SELECT what FROM log ORDER BY id"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"REFERENCES t (k) ON DELETE CASCADE", "REFERENCES t (k) ON DELETE SET NULL"})
    void rowsThatReferToARowStay(String reference) throws Exception {
        create("CREATE TABLE t (" + COLUMNS + ")",
                "CREATE TABLE child (k BIGINT PRIMARY KEY, t BIGINT, FOREIGN KEY (t) " + reference + ")",
                "INSERT INTO t VALUES (1, 1, 'x')", "INSERT INTO child VALUES (7, 1)").start();
        sink.put(sink.row(1L, 2, "y"));
        assertEquals(List.of("1,2,y"), sink.rows());
        assertEquals(List.of("7,1"), sink.query("SELECT * FROM child"));
    }

    @Test
    void rowsThatReferToARowStayWhereTheUserCannotSeeThem() throws Exception {
        create("CREATE TABLE t (" + COLUMNS + ")", "CREATE TABLE child (k BIGINT PRIMARY KEY, t BIGINT, "
                + "FOREIGN KEY (t) REFERENCES t (k) ON DELETE CASCADE)",
                "INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'z')", "INSERT INTO child VALUES (7, 1), (8, 2)",
                "CREATE OR REPLACE USER 'blind'@'127.0.0.1' IDENTIFIED BY 'p'",
                "GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON t TO 'blind'@'127.0.0.1'");
        sink.with(MySqlSinkConfig.USERNAME, "blind", MySqlSinkConfig.PASSWORD, "p").start();
        sink.put(sink.row(1L, 2, "y"));
        assertEquals(List.of("7,1", "8,2"), sink.query("SELECT * FROM child"));
        sink.put(sink.row(1L, 3, "y"), sink.deletion(2L)); // A deletion does what the foreign key says.
        assertEquals(List.of("7,1"), sink.query("SELECT * FROM child"));
        assertEquals(List.of("1,3,y"), sink.rows());
    }

    @Test
    void foreignKeyOfTheTableIsChecked() throws Exception {
        create("CREATE TABLE parent (a INT PRIMARY KEY)", "INSERT INTO parent VALUES (1)",
                "CREATE TABLE t (" + COLUMNS + ", FOREIGN KEY (a) REFERENCES parent (a))").start();
        sink.put(sink.row(1L, 1, "x"), sink.row(2L, 2, "y"));
        assertEquals(List.of("1,1,x"), sink.rows());
        assertTrue(sink.worker.reasons.get(0).contains("error 1452 (23000)"), sink.worker.reasons.get(0));
    }

    @Test
    void defaultsAutoIncrementAndGeneratedColumnsAreTheDatabases() throws Exception {
        create("CREATE TABLE t (" + COLUMNS + ", twice INT AS (2 * a) STORED, n INT NOT NULL AUTO_INCREMENT, KEY (n), "
                + "at DATETIME DEFAULT '2020-01-02 03:04:05')").start();
        sink.put(sink.row(1L, 1, "x"), sink.row(2L, 2, "y"));
        sink.put(sink.row(1L, 5, "x"));
        assertEquals(List.of("1,5,x,10,1,2020-01-02 03:04:05", "2,2,y,4,2,2020-01-02 03:04:05"), sink.rows());
    }

    @Test
    void rowsThatATemporaryTableInMemoryWouldNotTake() throws Exception {
        create("CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(4000), UNIQUE (a))").start();
        SinkRecord[] batch = new SinkRecord[2_000];
        for (int key = 0; key < batch.length; key++) {
            batch[key] = sink.row((long) key, key, "x".repeat(100));
        }
        sink.put(batch); // More than a MEMORY table takes, whose rows are all 16 kB
        assertEquals(List.of("2000"), sink.query("SELECT COUNT(*) FROM t"));
        sink.execute("ALTER TABLE t MODIFY b LONGTEXT");
        sink.put(sink.row(7L, 7, "changed"));
        assertEquals(List.of("changed"), sink.query("SELECT b FROM t WHERE k = 7"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "upsert"})
    void keysOfSeveralColumnsReservedWordsAndCollations(String writeMode) throws Exception {
        create("CREATE TABLE t (`select` VARCHAR(10) CHARACTER SET latin1 COLLATE latin1_german2_ci, `key``s` INT, "
                + "at DATETIME(6), b VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, "
                + "PRIMARY KEY (`key``s`, `select`)) CHARACTER SET latin1");
        sink.with(MySqlSinkConfig.WRITE_MODE, writeMode).start();
        Schema key = SchemaBuilder.struct()
                .field("select", Schema.STRING_SCHEMA).field("key`s", Schema.INT32_SCHEMA).build();
        Schema value = SchemaBuilder.struct().field("b", Schema.STRING_SCHEMA).build();
        List<SinkRecord> batch = new ArrayList<>();
        String[][] rows = {{"é'\\", "1", "😀"}, {"é'\\", "2", "b"}, {"x", "1", "c"}, {"x", "1", null}};
        for (String[] row : rows) {
            Struct id = new Struct(key).put("select", row[0]).put("key`s", Integer.parseInt(row[1]));
            Struct rest = row[2] == null ? null : new Struct(value).put("b", row[2]);
            batch.add(new SinkRecord("t", 0, key, id, rest == null ? null : value, rest, batch.size()));
        }
        sink.task.put(batch);
        assertEquals(List.of("é'\\,1,null,😀", "é'\\,2,null,b"), sink.query("SELECT * FROM t ORDER BY 2"));
    }

    @Test
    void unsignedKeysOf64BitsAreExact() throws Exception {
        create("CREATE TABLE t (k BIGINT UNSIGNED PRIMARY KEY, a INT, b VARCHAR(10))").start();
        sink.put(sink.row("18446744073709551615", 1, "x"), sink.row("18446744073709551614", 2, "y"),
                sink.row("18446744073709551613", 3, "z"));
        sink.put(sink.deletion("18446744073709551614"));
        assertEquals(List.of("18446744073709551613,3,z", "18446744073709551615,1,x"), sink.rows());
    }
}
