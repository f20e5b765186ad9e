package sluice.testing;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real MariaDB for tests, with an empty data folder and a user with all rights. It listens on loopback and ends with
 * this JVM, however the JVM ends.
 */
public final class TestDatabase implements AutoCloseable {
    public static final String USER = "test";
    public static final String PASSWORD = "test";

    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static TestDatabase shared;

    private final MariaDbProcess server;

    private TestDatabase(String... options) throws IOException {
        server = MariaDbProcess.install(options);
        restart();
    }

    /** Returns the server that all tests of this JVM share; the first call starts it. */
    public static synchronized TestDatabase shared() throws IOException {
        if (shared == null) {
            shared = new TestDatabase();
        }
        return shared;
    }

    /** Starts another server with other settings, each as in an option file: `local_infile = OFF`. */
    public static TestDatabase withSettings(String... settings) throws IOException {
        return new TestDatabase(settings);
    }

    public int port() {
        return server.port();
    }

    /** Returns the JDBC URL of a database, without parameters. */
    public String url(String database) {
        return "jdbc:mariadb://127.0.0.1:" + port() + "/" + database;
    }

    /** Creates an empty database and returns its name, which no other test has. */
    public String createDatabase() throws SQLException {
        String name = "test_" + DATABASES.incrementAndGet();
        execute("", "CREATE DATABASE " + name);
        return name;
    }

    /** Connects with all rights; LOAD DATA LOCAL is allowed. `database` may be empty. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(url(database) + "?allowLocalInfile=true", USER, PASSWORD);
    }

    /** Executes statements in a database, which may be "". */
    public void execute(String database, String... statements) throws SQLException {
        try (Connection connection = connect(database); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Kills the server with SIGKILL, as a power failure would end it. restart() starts it again. */
    public void kill() {
        server.kill();
    }

    /** Starts the killed server again with its data and its port; returns when it answers. */
    public void restart() throws IOException {
        server.start();
        server.awaitReady(() -> connect("").close());
    }

    /** Ends the server and removes its data. */
    @Override
    public void close() {
        server.close();
    }
}
