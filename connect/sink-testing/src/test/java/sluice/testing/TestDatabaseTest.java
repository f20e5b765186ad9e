package sluice.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server that other tests use. */
class TestDatabaseTest {
    private static String only(TestDatabase server, String database, String query) throws SQLException {
        try (Connection connection = server.connect(database);
                ResultSet rows = connection.createStatement().executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    @Test
    void committedRowsSurviveAKill() throws Exception {
        TestDatabase server = TestDatabase.shared();
        String database = server.createDatabase();
        server.execute(database, "CREATE TABLE t (a INT PRIMARY KEY)", "INSERT INTO t VALUES (7)");
        server.kill();
        assertThrows(SQLException.class, () -> server.connect(database));
        server.restart();
        assertEquals("7", only(server, database, "SELECT a FROM t"));
        assertSame(server, TestDatabase.shared());
    }

    /** Program of another Java process: starts a server, prints its port and waits. */
    static final class Starter {
        public static void main(String[] arguments) throws Exception {
            System.out.println(TestDatabase.shared().port());
            System.in.read();
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void serverEndsWithItsJavaProcessEvenIfThatIsKilled() throws Exception {
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Starter.class.getName()).redirectError(Redirect.INHERIT).start();
        int port = Integer.parseInt(other.inputReader().readLine());
        assertTrue(listens(port));
        other.destroyForcibly();
        while (listens(port)) {
            Thread.onSpinWait();
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    @Test
    void settingsCanBeChanged() throws Exception {
        assertEquals("1", only(TestDatabase.shared(), "", "SELECT @@local_infile"));
        try (TestDatabase other = TestDatabase.withSettings("local_infile = OFF")) {
            assertEquals("0", only(other, "", "SELECT @@local_infile"));
        }
    }

    @Test
    void settingThatIsWrongIsReportedWithTheServersOwnWords() {
        IllegalStateException error =
                assertThrows(IllegalStateException.class, () -> TestDatabase.withSettings("no_such_setting = 1"));
        assertTrue(error.getMessage().contains("no_such_setting"), error.getMessage());
    }

    @Test
    void missingServerIsAFailureThatSaysWhatToSet(@TempDir Path empty) {
        for (String unset : new String[] {null, "", empty.toString()}) {
            Exception error = assertThrows(IllegalStateException.class, () -> MariaDbProcess.findHome(unset));
            assertTrue(error.getMessage().contains(MariaDbProcess.VARIABLE), error.getMessage());
        }
        assertThrows(IOException.class, () -> MariaDbProcess.findHome(empty.resolve("nothing").toString()));
    }
}
