package sluice.mysql.database;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.config.MySqlSinkConfig;

/** What is done in the server with a statement that has no answer within the timeout. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AbandonedStatementTest {
    private static final String SLOW = "DO SLOW()";
    private static final String SPACE = "Waiting for someone to free space";

    private HostileServer server;
    private DatabaseServer client;
    private DatabaseSession session;

    @BeforeEach
    void open() throws Exception {
        server = new HostileServer("file", sql -> false);
        server.silent = sql -> sql.equals(SLOW) || sql.equals("COMMIT");
        client = new DatabaseServer(new MySqlSinkConfig(Map.of(MySqlSinkConfig.URL, server.url(),
                MySqlSinkConfig.USERNAME, "u", MySqlSinkConfig.PASSWORD, "p",
                MySqlSinkConfig.STATEMENT_TIMEOUT_MS, "1000")), 5_000);
        session = client.open();
    }

    @AfterEach
    void close() throws Exception {
        session.close();
        client.close();
        server.close();
    }

    private SQLException timeout(String sql) {
        return assertThrows(SQLException.class, () -> {
            if (sql.equals("COMMIT")) {
                session.commit();
            } else {
                session.execute(sql);
            }
        });
    }

    private List<String> killed() {
        return server.statements.stream().filter(sql -> sql.startsWith("KILL")).toList();
    }

    @Test
    void statementIsKilled() throws Exception {
        server.processes = new String[][] {{"1", "Query", "Update", "0"}};
        SQLException error = timeout(SLOW);
        assertTrue(error.getMessage().contains("no answer within 1000 ms"), error.getMessage());
        assertEquals(List.of("KILL 1"), killed());
        client.open().close();
        assertEquals(List.of("KILL 1"), killed());
    }

    @ParameterizedTest
    @ValueSource(strings = {SLOW, "COMMIT"})
    void whatWaitsForSpaceIsLeftAlone(String sql) throws Exception {
        server.processes = new String[][] {{"1", "Query", SPACE, "1"}};
        for (SQLException error : List.of(timeout(sql), assertThrows(SQLException.class, client::open))) {
            assertEquals(1021, error.getErrorCode());
            assertTrue(error.getMessage().contains("full disk: connection 1 waits"), error.getMessage());
            assertEquals(DatabaseErrors.Kind.RETRY, DatabaseErrors.kind(error));
        }
        server.processes = new String[][] {};
        client.open().close();
        assertEquals(List.of(), killed());
    }

    @Test
    void whatMayWaitBehindAnotherConnectionIsLeftAlone() throws Exception {
        server.processes = new String[][] {{"1", "Query", "Update", "0"}, {"9", "Query", SPACE, "1"}};
        assertTrue(timeout(SLOW).getMessage().contains("connection 9 waits"));
        assertEquals(List.of(), killed());
        server.processes = new String[][] {{"1", "Query", "Update", "0"}};
        client.open().close();
        assertEquals(List.of("KILL 1"), killed(), "nothing waits for space any more");
    }

    @Test
    void commitIsWaitedForWhateverItsState() throws Exception {
        server.processes = new String[][] {{"1", "Query", "Commit", "0"}};
        SQLException error = timeout("COMMIT");
        String message = error.getMessage();
        assertTrue(message.contains("commit of connection 1 is still under way (Commit); if the server's disk"), message);
        assertEquals(DatabaseErrors.Kind.RETRY, DatabaseErrors.kind(error));
        assertTrue(DatabaseErrors.tooMuch(error), "a smaller transaction may be in time");
        assertEquals(List.of(), killed());
    }

    @Test
    void fullDiskDoesNotMakeTransactionsSmaller() {
        server.processes = new String[][] {{"1", "Query", SPACE, "1"}};
        assertFalse(DatabaseErrors.tooMuch(timeout("COMMIT")));
    }

    @ParameterizedTest
    @ValueSource(strings = {SLOW, "COMMIT"})
    void connectionOfAServerThatWasStartedAgainIsAnother(String sql) throws Exception {
        server.uptime = "0";
        server.processes = new String[][] {{"1", "Query", "Update", "0"}};
        assertTrue(timeout(sql).getMessage().contains("no answer within 1000 ms"));
        client.open().close();
        assertEquals(List.of(), killed());
    }

    @ParameterizedTest
    @ValueSource(ints = {1094, 1095}) // There is no such connection any more, or it is another user's.
    void connectionThatHasEndedBeforeItIsKilledIsNoError(int code) throws Exception {
        server.killError = code;
        server.processes = new String[][] {{"1", "Query", "Update", "0"}};
        timeout(SLOW);
        assertEquals(List.of("KILL 1"), killed());
        client.open().close();
        assertEquals(List.of("KILL 1"), killed());
    }

    @Test
    void connectionThatCannotBeKilledIsTriedAgain() {
        server.killError = 1317;
        server.processes = new String[][] {{"1", "Query", "Update", "0"}};
        timeout(SLOW);
        assertThrows(SQLException.class, client::open);
        assertEquals(List.of("KILL 1", "KILL 1"), killed());
    }

    @Test
    void commitThatNeverReachedTheServerIsKilled() throws Exception {
        server.processes = new String[][] {{"1", "Sleep", "", "0"}};
        assertTrue(timeout("COMMIT").getMessage().contains("no answer within 1000 ms"));
        assertEquals(List.of("KILL 1"), killed());
    }

    @Test
    void nothingIsDoneWhereTheServerCannotBeAsked() throws Exception {
        server.processes = new String[][] {{"1", "Query", "Update", "0"}};
        server.refuse();
        assertTrue(timeout(SLOW).getMessage().contains("no answer within 1000 ms"));
        assertThrows(SQLException.class, client::open);
        assertEquals(List.of(), killed());
    }

    @Test
    void waitForALockOfOneThatWaitsForSpaceNamesTheFullDisk() {
        SQLException lock = new SQLException("Lock wait timeout exceeded", "HY000", 1205);
        assertEquals(lock, client.explain(lock));
        server.processes = new String[][] {{"9", "Query", SPACE, "1"}};
        SQLException error = client.explain(lock);
        assertEquals(1021, error.getErrorCode());
        assertTrue(DatabaseErrors.text(error).endsWith("(Lock wait timeout exceeded)"), DatabaseErrors.text(error));
        SQLException other = new SQLException("Deadlock", "40001", 1213);
        assertEquals(other, client.explain(other));
    }
}
