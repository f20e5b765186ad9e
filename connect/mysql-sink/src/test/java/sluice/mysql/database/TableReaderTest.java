package sluice.mysql.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sluice.mysql.LoadedTable;
import sluice.mysql.column.Column;
import sluice.mysql.column.TableDefinition;
import sluice.testing.TestDatabase;

/** Definitions of tables, read from a real database. */
class TableReaderTest {
    private Connection connection;

    @BeforeEach
    void connect() throws Exception {
        connection = LoadedTable.connect();
        execute("DROP VIEW IF EXISTS v", "DROP TABLE IF EXISTS child, t", "CREATE TABLE t (id INT PRIMARY KEY, a INT)");
    }

    @AfterEach
    void close() throws Exception {
        execute("DROP TABLE IF EXISTS child");
        connection.close();
    }

    private void execute(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private Column read(String definition) throws SQLException {
        execute("DROP TABLE t", "CREATE TABLE t (id INT PRIMARY KEY, v " + definition + ")");
        return TableReader.read(connection, "t").columns().get(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "INT NOT NULL | false", "INT NULL | true", "INT NOT NULL DEFAULT 5 | true", "INT AS (id + 1) | true",
        "DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP | true", "VARCHAR(9) NOT NULL DEFAULT '' | true",
        "VARCHAR(9) NOT NULL DEFAULT (CONCAT('a', 'b')) | true", "VARCHAR(9) NOT NULL DEFAULT 'NULL' | true",
        "TEXT NOT NULL | false", "ENUM('a') NOT NULL | false", "INT NOT NULL AUTO_INCREMENT UNIQUE | true"})
    void defaultsAreFound(String definition, boolean hasDefault) throws Exception {
        assertEquals(hasDefault, read(definition).hasDefault());
    }

    @Test
    void typesAreDescribed() throws Exception {
        Column decimal = read("DECIMAL(7,3) UNSIGNED NOT NULL");
        assertEquals(List.of(7, 3, true, false), List.of(
                decimal.precision(), decimal.scale(), decimal.unsigned(), decimal.nullable()));
        assertEquals(6, read("DATETIME(6)").scale());
        assertEquals(9, read("VARCHAR(9)").length());
        assertEquals("json", read("JSON").dataType());
        assertEquals("longtext", read("LONGTEXT").dataType());
        assertTrue(read("INT AS (id + 1) STORED").generated());
        assertFalse(read("INT DEFAULT (1 + 1)").generated());
        assertEquals("v", read("INT INVISIBLE").name());
    }

    @Test
    void primaryKeyIsInItsOwnOrder() throws Exception {
        execute("DROP TABLE t", "CREATE TABLE t (a INT, b INT, c INT, PRIMARY KEY (c, a))");
        assertEquals(List.of("c", "a"), TableReader.read(connection, "t").primaryKey());
        execute("DROP TABLE t", "CREATE TABLE t (a VARCHAR(9), PRIMARY KEY (a(3)))");
        assertThrows(ConnectException.class, () -> TableReader.read(connection, "t"));
    }

    @Test
    void plainTableMayBeReplaced() throws Exception {
        TableDefinition table = TableReader.read(connection, "t");
        assertNull(table.upsertReason());
        assertFalse(table.otherUnique());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "CREATE UNIQUE INDEX one ON t (a) | unique index",
        "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1 | it has a trigger",
        "CREATE TABLE child (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES t (id)) | another table refers",
        "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES t (id) | foreign key"})
    void whatForbidsReplaceIsNamed(String sql, String reason) throws Exception {
        execute(sql);
        TableDefinition table = TableReader.read(connection, "t");
        assertTrue(table.upsertReason().contains(reason), table.upsertReason());
        assertEquals(sql.contains("UNIQUE"), table.otherUnique());
    }

    @Test
    void whatTheUserCannotSeeForbidsReplace() throws Exception {
        assumeTrue(LoadedTable.isMariaDb());
        execute("CREATE OR REPLACE USER narrow IDENTIFIED BY 'p'",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON columns_test.t TO narrow");
        String url = TestDatabase.shared().url("columns_test");
        try (Connection narrow = DriverManager.getConnection(url, "narrow", "p")) {
            assertTrue(TableReader.read(narrow, "t").upsertReason().contains("grant TRIGGER"));
            execute("GRANT TRIGGER ON columns_test.t TO narrow");
            assertNull(TableReader.read(narrow, "t").upsertReason());
            execute("CREATE INDEX second ON t (a)");
            assertTrue(TableReader.read(narrow, "t").upsertReason().contains("second index"));
            execute("GRANT SELECT ON *.* TO narrow");
            assertNull(TableReader.read(narrow, "t").upsertReason());
        }
    }

    @Test
    void fingerprintChangesWithAnAlterAlone() throws Exception {
        execute("DROP TABLE t", "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT)");
        String before = TableReader.fingerprint(connection, "t");
        execute("INSERT INTO t VALUES (100)");
        assertEquals(before, TableReader.fingerprint(connection, "t"));
        execute("ALTER TABLE t ADD b INT");
        assertNotEquals(before, TableReader.fingerprint(connection, "t"));
    }

    @Test
    void fingerprintShowsANewTriggerInATransactionThatIsOlder() throws Exception {
        try (Connection older = LoadedTable.connect(); Statement statement = older.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS other (id INT)");
            statement.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
            statement.execute("START TRANSACTION");
            statement.execute("SELECT * FROM other");
            String before = TableReader.fingerprint(connection, "t");
            execute("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1");
            assertNotEquals(before, TableReader.fingerprint(older, "t"));
        }
    }

    @Test
    void viewsAndMissingTablesAreRefused() throws Exception {
        execute("CREATE VIEW v AS SELECT * FROM t");
        assertTrue(assertThrows(ConnectException.class, () -> TableReader.read(connection, "v")).getMessage()
                .contains("is a view"));
        assertEquals(1146, assertThrows(SQLException.class, () -> TableReader.read(connection, "none")).getErrorCode());
    }

    @Test
    void grantsAreRead() {
        Grants grants = Grants.parse(List.of(
                "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*0'",
                "GRANT SELECT, TRIGGER ON `a\\_b`.* TO `u`@`%`",
                "GRANT SELECT (`x`, `y`), INSERT ON `c`.`t``1` TO `u`@`%`",
                "GRANT `role`@`%` TO `u`@`%`", "GRANT PROXY ON ''@'%' TO 'u'@'%'",
                "GRANT ALL PRIVILEGES ON `d%`.* TO u"));
        assertTrue(grants.allow("TRIGGER", "a_b", "t"));
        assertFalse(grants.allow("TRIGGER", "aXb", "t"));
        assertTrue(grants.allow("INSERT", "c", "t`1"));
        assertFalse(grants.allow("SELECT", "c", "t`1"));
        assertTrue(grants.allow("TRIGGER", "data", "t"));
        assertFalse(grants.seeAllTables());
        assertTrue(Grants.parse(List.of("GRANT SELECT, TRIGGER ON *.* TO `u`@`%`")).seeAllTables());
        assertFalse(Grants.parse(List.of(
                "GRANT TRIGGER ON *.* TO `u`@`%`", "REVOKE TRIGGER ON `a`.* FROM `u`@`%`")).allow("TRIGGER", "a", "t"));
    }
}
