package sluice.mysql.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The statement that a session did not wait for any longer: the connection is closed on this side, but the server goes on
 * with it. It is ended there too, unless it may be writing the binary log: a server that waits for space on its disk, and
 * whose connection is killed, leaves half a transaction in the log. Such a statement is waited for, and no session is
 * opened before it has ended: so a task leaves one in the server at most. KILL does not wait for the end of the
 * statement: until then the next transaction waits for its locks. Not thread-safe.
 */
final class AbandonedStatement {
    /** Opens a connection that ends by itself where the server does not answer. */
    interface Connector {
        KeptSocketFactory.OpenConnection connect() throws SQLException;
    }

    private static final int DISK_FULL = 1021;
    private static final int LOCK_WAIT = 1205;
    private static final String INTERRUPTED = "70100";
    /** Answers to KILL: no such connection, or one of another user, who has got the number since. */
    private static final Set<Integer> ENDED = Set.of(1094, 1095);
    /** What MariaDB says of a connection that waits for space. */
    private static final String WAITS_FOR_SPACE = "STATE = 'Waiting for someone to free space'";
    private static final String PROCESSES = "SELECT ID, COMMAND, STATE, " + WAITS_FOR_SPACE
            + " FROM information_schema.PROCESSLIST WHERE (ID = %d OR " + WAITS_FOR_SPACE + ") AND ID <> CONNECTION_ID()";
    private static final String UPTIME = "SHOW GLOBAL STATUS LIKE 'Uptime'";
    private static final long NONE = -1;

    private final Connector connector;
    private long thread = NONE;
    private long openedAt;
    private boolean committing;

    AbandonedStatement(Connector connector) {
        this.connector = connector;
    }

    /**
     * What the server does.
     *
     * @param running whether the connection executes a statement
     * @param state what it does; null if there is no such connection
     * @param waitingForSpace a connection that waits for space; null if none does
     */
    private record ServerState(boolean running, String state, String waitingForSpace) {}

    /**
     * Remembers a statement whose connection was closed.
     *
     * @param id number of the connection in the server
     * @param opened when the connection was open, by System.nanoTime()
     * @param commits whether the statement is a COMMIT
     */
    void remember(long id, long opened, boolean commits) {
        thread = id;
        openedAt = opened;
        committing = commits;
    }

    /**
     * Ends the statement that was remembered, if there is one and that is harmless. Returns null, or why it must be
     * waited for; throws an SQLException if the server cannot be asked.
     */
    SQLException finish() throws SQLException {
        if (thread == NONE) {
            return null;
        }
        try (Connection connection = connector.connect().connection(); Statement statement = connection.createStatement()) {
            SQLException reason = restarted(statement) ? null : finish(statement);
            if (reason == null) {
                thread = NONE;
            }
            return reason;
        }
    }

    private SQLException finish(Statement statement) throws SQLException {
        ServerState server = stateOf(statement, thread);
        if (server.running && server.waitingForSpace != null) {
            return diskFull(server.waitingForSpace, null);
        }
        if (server.running && committing) {
            // A timeout: a smaller transaction may be committed in time.
            return new SQLTimeoutException("the commit of connection " + thread + " is still under way (" + server.state
                    + "); if the server's disk is full, it goes on when there is space", INTERRUPTED);
        }
        if (server.state != null) {
            kill(statement);
        }
        return null;
    }

    private void kill(Statement statement) throws SQLException {
        try {
            statement.execute("KILL " + thread);
        } catch (SQLException error) {
            if (!ENDED.contains(error.getErrorCode())) {
                throw error;
            }
        }
    }

    /** Returns whether the server was started after the connection was open: it gives the same numbers again then. */
    private boolean restarted(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(UPTIME)) {
            // A second more, since the server counts whole ones.
            return row.next() && System.nanoTime() - openedAt > TimeUnit.SECONDS.toNanos(row.getLong(2) + 1);
        }
    }

    /** Returns what is behind an error: a wait for a lock which another holds that waits for space, else the error. */
    SQLException explain(SQLException error) {
        if (error.getErrorCode() != LOCK_WAIT) {
            return error;
        }
        try (Connection connection = connector.connect().connection(); Statement statement = connection.createStatement()) {
            ServerState server = stateOf(statement, NONE);
            return server.waitingForSpace == null ? error : diskFull(server.waitingForSpace, error);
        } catch (SQLException unanswered) {
            return error;
        }
    }

    private static SQLException diskFull(String connection, SQLException error) {
        return new SQLException("the server's full disk: connection " + connection + " waits for space, and others wait "
                + "for that one. It is not ended, since half of its transaction may be in the binary log", "HY000",
                DISK_FULL, error);
    }

    private static ServerState stateOf(Statement statement, long thread) throws SQLException {
        boolean running = false;
        String state = null;
        String waitingForSpace = null;
        try (ResultSet rows = statement.executeQuery(String.format(PROCESSES, thread))) {
            while (rows.next()) {
                if (rows.getLong(1) == thread) {
                    running = !"Sleep".equals(rows.getString(2));
                    state = String.valueOf(rows.getString(3));
                }
                if (rows.getBoolean(4)) {
                    waitingForSpace = rows.getString(1);
                }
            }
        }
        return new ServerState(running, state, waitingForSpace);
    }
}
