package sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The process of a TestDatabase, and its temporary folder. */
final class MariaDbProcess implements AutoCloseable {
    static final String VARIABLE = "SLUICE_TEST_MARIADB";

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration POLL_INTERVAL = Duration.ofMillis(20);
    /** Waits until this JVM ends (its end of the pipe is closed, even by SIGKILL), then removes the server. */
    private static final String WATCH = "trap '' INT; cat; read -r pid < \"$0/pid\" && kill -KILL \"$pid\"; rm -rf \"$0\"";

    /** A try to connect. */
    interface Probe {
        void connect() throws SQLException;
    }

    private final Path folder;
    private final int port;
    private final Process watcher;
    private Process process;

    private MariaDbProcess(Path folder, int port) throws IOException {
        this.folder = folder;
        this.port = port;
        watcher = new ProcessBuilder("sh", "-c", WATCH, folder.toString())
                .redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD).start();
    }

    /** Creates a data folder; `settings` are lines of the option file, which win over those here. */
    static MariaDbProcess install(String... settings) throws IOException {
        Path home = findHome(System.getenv(VARIABLE));
        Path folder = Files.createTempDirectory("sluice-mariadb-");
        MariaDbProcess made = new MariaDbProcess(folder, freePort());
        // The server's scripts do not take every character in a path.
        Files.createSymbolicLink(folder.resolve("server"), home);
        Files.createDirectory(folder.resolve("tmp"));
        Files.writeString(folder.resolve("server.cnf"), made.options() + String.join("\n", settings) + "\n");
        Files.writeString(folder.resolve("users.sql"), """
                DELETE FROM mysql.global_priv WHERE User IN ('', 'root');
                FLUSH PRIVILEGES;
                CREATE USER '%s'@'127.0.0.1' IDENTIFIED BY '%s';
                GRANT ALL ON *.* TO '%s'@'127.0.0.1' WITH GRANT OPTION;
                """.formatted(TestDatabase.USER, TestDatabase.PASSWORD, TestDatabase.USER));
        made.install(folder.resolve("install.log"));
        return made;
    }

    /** Returns the base folder of the server in `unpacked`, the folder named by the environment variable. */
    static Path findHome(String unpacked) throws IOException {
        if (unpacked == null || unpacked.isBlank()) {
            throw new IllegalStateException("set " + VARIABLE + " to the folder of an unpacked MariaDB, for instance "
                    + "$HOME/.cache/sluice/servers-…/mariadb; tests/unit/connect/test_plugins.py does that");
        }
        try (Stream<Path> files = Files.walk(Path.of(unpacked))) {
            Path program = files.filter(path -> path.endsWith("bin/mariadbd")).findFirst().orElseThrow(
                    () -> new IllegalStateException(VARIABLE + "=" + unpacked + " holds no bin/mariadbd"));
            return program.getParent().getParent();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private String options() {
        return """
                [mariadbd]
                basedir = %1$s/server
                lc_messages_dir = %1$s/server/share
                datadir = %1$s/data
                tmpdir = %1$s/tmp
                socket = server.sock
                pid_file = server.pid
                bind_address = 127.0.0.1
                port = %2$d
                user = %3$s
                character_set_server = utf8mb4
                default_time_zone = +00:00
                skip_name_resolve = ON
                skip_ssl = ON
                local_infile = ON
                sql_mode = ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
                NO_ENGINE_SUBSTITUTION
                # Small and fast: survives SIGKILL, not a loss of power.
                performance_schema = OFF
                innodb_buffer_pool_size = 32M
                innodb_log_file_size = 16M
                innodb_flush_log_at_trx_commit = 2
                innodb_doublewrite = OFF
                """.formatted(folder, port, System.getProperty("user.name"));
    }

    private void install(Path log) throws IOException {
        Process installing = new ProcessBuilder(
                folder + "/server/scripts/mariadb-install-db", "--defaults-file=" + folder + "/server.cnf",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--force",
                "--extra-file=" + folder + "/users.sql")
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        if (waitFor(installing) != 0) {
            throw new IllegalStateException("mariadb-install-db failed:\n" + Files.readString(log));
        }
    }

    private static int waitFor(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException error) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", error);
        }
    }

    int port() {
        return port;
    }

    void start() throws IOException {
        if (process != null && process.isAlive()) {
            throw new IllegalStateException("the server runs already");
        }
        process = new ProcessBuilder(folder + "/server/bin/mariadbd", "--defaults-file=" + folder + "/server.cnf")
                .redirectErrorStream(true).redirectOutput(Redirect.appendTo(folder.resolve("server.log").toFile())).start();
        Files.writeString(folder.resolve("pid"), process.pid() + "\n");
    }

    /** Waits until a connection succeeds; throws an IllegalStateException with the server's log if it has ended. */
    void awaitReady(Probe probe) throws IOException {
        long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
        while (true) {
            try {
                probe.connect();
                return;
            } catch (SQLException error) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IllegalStateException("MariaDB does not start: " + error.getMessage() + "\n"
                            + Files.readString(folder.resolve("server.log")), error);
                }
                pause();
            }
        }
    }

    private void pause() {
        try {
            process.waitFor(POLL_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", error);
        }
    }

    void kill() {
        waitFor(process.destroyForcibly());
        try {
            Files.delete(folder.resolve("pid")); // Its number may become another process's.
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
        try {
            watcher.getOutputStream().close(); // The watcher removes the folder.
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        waitFor(watcher);
    }
}
