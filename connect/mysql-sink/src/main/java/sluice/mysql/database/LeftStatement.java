package sluice.mysql.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The statement that a session did not wait for any longer: the connection is closed on this side, but the server goes on
 * with it. It is ended there too, unless it may be writing the binary log: a server that waits for space on its disk, and
 * whose connection is killed, leaves half a transaction in the log. Such a statement is waited for, and nothing else is
 * begun before it has ended: so a task leaves one in the server at most. Not thread-safe.
 */
final class LeftStatement {
    /** Opens a connection that ends by itself where the server does not answer. */
    interface Connector {
        Connection connect() throws SQLException;
    }

    private static final int DISK_FULL = 1021;
    private static final int LOCK_WAIT = 1205;
    private static final String INTERRUPTED = "70100";
    /** What MariaDB says of a connection that waits for space. */
    private static final String FULL = "STATE = 'Waiting for someone to free space'";
    private static final String LOOK = "SELECT ID, COMMAND, STATE, " + FULL + " FROM information_schema.PROCESSLIST "
            + "WHERE ID = %d OR " + FULL;
    private static final long NONE = -1;

    private final Connector connector;
    private long thread = NONE;
    private boolean committing;

    LeftStatement(Connector connector) {
        this.connector = connector;
    }

    /** What the server does with the statement. */
    private record Look(boolean runs, String state, String full) {}

    /** Remembers the server's thread of a statement whose connection was closed; `committing` if it is a COMMIT. */
    void leave(long left, boolean commits) {
        thread = left;
        committing = commits;
    }

    /**
     * Ends the statement that was left, if there is one and that is harmless. Returns null, or why it must be waited for;
     * throws an SQLException if the server cannot be asked.
     */
    SQLException settle() throws SQLException {
        if (thread == NONE) {
            return null;
        }
        try (Connection connection = connector.connect(); Statement statement = connection.createStatement()) {
            Look look = look(statement, thread);
            if (look.runs && look.full != null) {
                return full(look.full, null);
            }
            if (look.runs && committing) {
                return new SQLException("the commit of connection " + thread + " is still under way (" + look.state
                        + "), as it is while another waits for space on a full disk", INTERRUPTED);
            }
            if (look.state != null) {
                statement.execute("KILL " + thread);
            }
        }
        thread = NONE;
        return null;
    }

    /** Returns what is behind an error: a wait for a lock which another holds that waits for space, else the error. */
    SQLException explain(SQLException error) {
        if (error.getErrorCode() != LOCK_WAIT) {
            return error;
        }
        try (Connection connection = connector.connect(); Statement statement = connection.createStatement()) {
            Look look = look(statement, NONE);
            return look.full == null ? error : full(look.full, error);
        } catch (SQLException unanswered) {
            return error;
        }
    }

    private static SQLException full(String connection, SQLException error) {
        return new SQLException("the server's full disk: connection " + connection + " waits for space, and others wait "
                + "for that one. It is not ended, since half of its transaction may be in the binary log", "HY000",
                DISK_FULL, error);
    }

    private static Look look(Statement statement, long thread) throws SQLException {
        boolean runs = false;
        String state = null;
        String full = null;
        try (ResultSet rows = statement.executeQuery(String.format(LOOK, thread))) {
            while (rows.next()) {
                if (rows.getLong(1) == thread) {
                    runs = !"Sleep".equals(rows.getString(2));
                    state = String.valueOf(rows.getString(3));
                }
                if (rows.getBoolean(4)) {
                    full = rows.getString(1);
                }
            }
        }
        return new Look(runs, state, full);
    }
}
