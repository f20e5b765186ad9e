package sluice.mysql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.testing.TestDatabase;

/** What a person must change: the task stops at once and says it, and `validate` says it at the setting. */
class RefusalTest {
    private static final String SECRET = "s3cr3t";

    private SinkTester sink;

    @BeforeEach
    void createTable() throws Exception {
        sink = new SinkTester(TestDatabase.shared(), "CREATE TABLE t (k BIGINT PRIMARY KEY, a INT, b VARCHAR(10))",
                "CREATE TABLE nokey (a INT)", "CREATE VIEW v AS SELECT * FROM t",
                "CREATE OR REPLACE USER 'reader'@'127.0.0.1' IDENTIFIED BY '" + SECRET + "'");
        sink.execute("GRANT SELECT ON " + sink.database + ".* TO 'reader'@'127.0.0.1'");
        sink.with(MySqlSinkConfig.PASSWORD, SECRET, MySqlSinkConfig.USERNAME, "reader");
    }

    @AfterEach
    void stop() {
        sink.close();
    }

    private void allow(String rights) throws Exception {
        sink.execute("GRANT " + rights + " ON " + sink.database + ".* TO 'reader'@'127.0.0.1'");
    }

    /** Returns the only error that validation finds, which must be at the setting. */
    private String errorAt(String setting) {
        List<ConfigValue> wrong = new MySqlSinkConnector().validate(sink.settings).configValues().stream()
                .filter(value -> !value.errorMessages().isEmpty()).toList();
        assertEquals(List.of(setting), wrong.stream().map(ConfigValue::name).toList(), wrong.toString());
        String message = String.join("\n", wrong.get(0).errorMessages());
        assertFalse(message.contains(SECRET), message);
        assertFalse(message.contains("Exception"), message);
        return message;
    }

    private ConnectException failure() {
        ConnectException error = assertThrows(ConnectException.class, () -> {
            sink.start();
            sink.put(sink.row(1L, 1, "x"));
        });
        assertFalse(error instanceof RetriableException, "retriable");
        return error;
    }

    @Test
    void rightSettingsHaveNoErrors() throws Exception {
        allow("INSERT, UPDATE, DELETE");
        assertTrue(new MySqlSinkConnector().validate(sink.settings).configValues().stream()
                .allMatch(value -> value.errorMessages().isEmpty()));
    }

    @Test
    void wrongPassword() {
        sink.with(MySqlSinkConfig.PASSWORD, "wrong" + SECRET);
        String message = errorAt(MySqlSinkConfig.USERNAME);
        assertTrue(message.contains("error 1045 (28000): Access denied for user 'reader'"), message);
        assertTrue(message.endsWith("Check connection.username and connection.password."), message);
        assertTrue(failure().getMessage().contains("error 1045"));
    }

    @Test
    void unknownDatabase() throws Exception {
        sink.execute("GRANT SELECT ON *.* TO 'reader'@'127.0.0.1'");
        sink.with(MySqlSinkConfig.URL, sink.server.url("nosuch"));
        String message = errorAt(MySqlSinkConfig.URL);
        assertTrue(message.contains("error 1049 (42000): Unknown database 'nosuch'"), message);
        assertTrue(failure().getMessage().contains("error 1049"));
        sink.execute("REVOKE SELECT ON *.* FROM 'reader'@'127.0.0.1'");
    }

    @Test
    void missingTable() {
        sink.with(MySqlSinkConfig.TABLE_NAME_FORMAT, "nosuch");
        assertTrue(errorAt(MySqlSinkConfig.TABLE_NAME_FORMAT).contains("nosuch' doesn't exist. Create the table"));
        assertTrue(failure().getMessage().contains("error 1146"));
        sink.with(MySqlSinkConfig.TABLE_NAME_FORMAT, "${topic}", MySqlSinkConfig.TOPIC_TO_TABLE, "t:other");
        assertTrue(errorAt(MySqlSinkConfig.TOPIC_TO_TABLE).contains("other"));
    }

    @ParameterizedTest
    @CsvSource({"nokey, no primary key", "v, view"})
    void tableThatCannotBeWritten(String table, String reason) throws Exception {
        allow("INSERT, UPDATE, DELETE, SHOW VIEW");
        sink.with(MySqlSinkConfig.TABLE_NAME_FORMAT, table);
        assertTrue(errorAt(MySqlSinkConfig.TABLE_NAME_FORMAT).contains(reason));
        assertTrue(failure().getMessage().contains(reason));
    }

    @ParameterizedTest
    @CsvSource({"'UPDATE, DELETE', INSERT", "'INSERT, DELETE', UPDATE", "'INSERT, UPDATE', DELETE"})
    void missingRight(String rights, String missing) throws Exception {
        allow(rights);
        String message = errorAt(MySqlSinkConfig.USERNAME);
        assertTrue(message.contains("error 1142 (42000): " + missing + " command denied"), message);
        assertTrue(message.contains("GRANT SELECT, INSERT, UPDATE, DELETE ON the table"), message);
        if (!missing.equals("UPDATE")) { // REPLACE does without.
            allow("TRIGGER");
            assertTrue(failure().getMessage().contains("error 1142"));
        }
    }

    @Test
    void missingRightForTheTemporaryTable() throws Exception {
        allow("INSERT, UPDATE, DELETE"); // Not TRIGGER, so that it has to be an upsert.
        String message = failure().getMessage();
        assertTrue(message.contains("error 1044 (42000)") && message.contains("CREATE TEMPORARY TABLES"), message);
    }

    @Test
    void unreachableServer() {
        sink.with(MySqlSinkConfig.URL, "jdbc:mysql://127.0.0.1:1/d");
        assertTrue(errorAt(MySqlSinkConfig.URL).contains("database at 127.0.0.1:1/d: "));
        sink.with(MySqlSinkConfig.URL, "jdbc:mysql://no.such.host.invalid/d");
        assertTrue(errorAt(MySqlSinkConfig.URL).contains("no.such.host.invalid"));
    }

    @Test
    void serverWithoutTls() {
        sink.with(MySqlSinkConfig.TLS_ENABLED, "true");
        assertTrue(errorAt(MySqlSinkConfig.TLS_ENABLED).contains("ssl not enabled in the server"));
    }

    @Test
    void missingOffsetsTable() throws Exception {
        allow("INSERT, UPDATE, DELETE");
        sink.with(MySqlSinkConfig.EXACTLY_ONCE, "true");
        assertTrue(errorAt(MySqlSinkConfig.OFFSETS_TABLE).contains("CREATE TABLE `sluice_offsets`"));
    }

    @Test
    void loadModeThatTheServerDoesNotAllow() throws Exception {
        sink.server.execute("", "SET GLOBAL local_infile = OFF");
        try {
            sink.with(MySqlSinkConfig.LOAD_MODE, "local.infile");
            assertTrue(errorAt(MySqlSinkConfig.LOAD_MODE).contains("SET GLOBAL local_infile = ON"));
            assertTrue(failure().getMessage().contains("local_infile is OFF"));
        } finally {
            sink.server.execute("", "SET GLOBAL local_infile = ON");
        }
    }
}
