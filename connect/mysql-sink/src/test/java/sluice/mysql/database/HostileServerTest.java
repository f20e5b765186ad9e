package sluice.mysql.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sluice.mysql.config.MySqlSinkConfig;

/** A server that asks for files of this machine gets none. */
class HostileServerTest {
    private static final String LOAD = "LOAD DATA LOCAL INFILE '/dev/null/rows' REPLACE INTO TABLE t (k)";

    @TempDir
    private Path folder;

    private HostileServer server(Predicate<String> asks) throws Exception {
        Path secret = folder.resolve("secret");
        Files.writeString(secret, "top secret");
        return new HostileServer(secret.toString(), asks);
    }

    private static DatabaseServer client(HostileServer server) {
        return new DatabaseServer(new MySqlSinkConfig(Map.of(MySqlSinkConfig.URL, server.url(),
                MySqlSinkConfig.USERNAME, "u", MySqlSinkConfig.PASSWORD, "p")), 5_000);
    }

    @Test
    void everyStatementOfTheLoginGetsNothing() throws Exception {
        try (HostileServer server = server(sql -> true); DatabaseServer client = client(server)) {
            assertThrows(SQLException.class, client::open);
            assertFalse(server.received.isEmpty());
            assertFalse(server.received.toString().contains("secret"), server.received.toString());
        }
    }

    @Test
    void statementsGetNothingAndALoadGetsItsRowsAlone() throws Exception {
        try (HostileServer server = server(
                        sql -> sql.equals(LOAD) || sql.startsWith("DELETE") || sql.startsWith("COMMIT"));
                DatabaseServer client = client(server); DatabaseSession session = client.open()) {
            session.load(LOAD, new ByteArrayInputStream("1\n2\n".getBytes(StandardCharsets.US_ASCII)));
            session.execute("DELETE FROM t");
            assertThrows(SQLException.class, session::commit);
            assertEquals(List.of("1\n2\n", "", "", "", "", ""), server.received);
        }
    }
}
