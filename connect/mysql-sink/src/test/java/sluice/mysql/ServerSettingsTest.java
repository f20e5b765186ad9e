package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** Servers whose settings for all sessions are not the usual ones. */
class ServerSettingsTest {
    @ParameterizedTest
    @ValueSource(strings = {"auto", "insert"})
    void unusualSettingsChangeNothing(String loadMode) throws Exception {
        try (TestDatabase server = TestDatabase.withSettings("autocommit = 0", "explicit_defaults_for_timestamp = OFF",
                "innodb_strict_mode = OFF", "innodb_force_primary_key = ON", "default_storage_engine = MyISAM",
                "lower_case_table_names = 1", "sql_mode = ANSI_QUOTES,NO_BACKSLASH_ESCAPES")) {
            server.execute("", "SET GLOBAL sql_safe_updates = ON", "SET GLOBAL sql_select_limit = 1",
                    "SET GLOBAL completion_type = 'RELEASE'", "SET GLOBAL init_connect = 'SET foreign_key_checks = 0'");
            try (SinkTester sink = new SinkTester(server, "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10), "
                    + "UNIQUE (a), at TIMESTAMP DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB")) {
                sink.with(MySqlSinkConfig.LOAD_MODE, loadMode).start();
                sink.put(sink.row(1L, 1, "it's \\"), sink.row(2L, 2, "y"));
                sink.put(sink.row(1L, 3, "\\'"), sink.deletion(2L), sink.row(3L, 2, "z"));
                assertEquals(List.of(), sink.worker.reasons);
                assertEquals(List.of("1,3,\\'", "3,2,z"),
                        sink.query("SELECT k, a, b FROM t ORDER BY k LIMIT 100"));
            }
        }
    }

    @Test
    void foreignKeysAreCheckedThoughTheServerDoesNot() throws Exception {
        try (TestDatabase server = TestDatabase.withSettings("skip_name_resolve = ON")) {
            server.execute("", "SET GLOBAL foreign_key_checks = OFF");
            try (SinkTester sink = new SinkTester(server, "CREATE TABLE parent (k INT PRIMARY KEY)",
                    "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10), FOREIGN KEY (a) REFERENCES parent (k))",
                    "INSERT INTO parent VALUES (1)")) {
                sink.start();
                sink.put(sink.row(1L, 1, "child"), sink.row(2L, 2, "orphan"));
                assertEquals(List.of("1,1,child"), sink.rows());
                assertTrue(sink.worker.reasons.get(0).contains("1452"), sink.worker.reasons.get(0));
            }
        }
    }
}
