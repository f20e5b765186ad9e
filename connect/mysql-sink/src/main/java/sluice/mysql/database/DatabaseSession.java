package sluice.mysql.database;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;

/**
 * One connection to the database, with transactions. Every warning is an error, and every statement ends within the
 * statement timeout. Not thread-safe.
 */
public final class DatabaseSession implements AutoCloseable {
    /** A call that ends within the statement timeout. */
    public interface Call<T> {
        T run() throws SQLException;
    }

    private static final byte[] NOTHING = {};

    private final Connection connection;
    private final StatementLimit limit;
    private final boolean localInfile;
    private final int maxPacket;
    private boolean foreignKeyChecks = true;

    DatabaseSession(Connection connection, StatementLimit limit, boolean localInfile, int maxPacket) {
        this.connection = connection;
        this.limit = limit;
        this.localInfile = localInfile;
        this.maxPacket = maxPacket;
    }

    /** Returns whether the server takes LOAD DATA LOCAL. */
    public boolean localInfile() {
        return localInfile;
    }

    /** Returns the largest statement in bytes that the server takes. */
    public int maxPacket() {
        return maxPacket;
    }

    /** Runs calls of JDBC on the connection within the statement timeout. */
    public <T> T timed(Call<T> call) throws SQLException {
        return limit.run(call, false);
    }

    public Connection connection() {
        return connection;
    }

    /** Executes a statement; throws an SQLException for a warning too. */
    public void execute(String sql) throws SQLException {
        load(sql, new ByteArrayInputStream(NOTHING));
    }

    /**
     * Executes LOAD DATA LOCAL, which reads `rows`. A stream is set for every statement: whatever file the server asks
     * for, it gets what is left of these rows, never a file. Returns the number of rows that changed: at least one for
     * each row of a REPLACE.
     */
    public long load(String sql, InputStream rows) throws SQLException {
        return timed(() -> {
            try (Statement statement = connection.createStatement()) {
                statement.unwrap(org.mariadb.jdbc.Statement.class).setLocalInfileInputStream(rows);
                statement.execute(sql);
                refuseWarnings(statement.getWarnings());
                return statement.getLargeUpdateCount();
            }
        });
    }

    private static void refuseWarnings(SQLWarning first) throws SQLException {
        for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
            if (!DatabaseErrors.harmless(warning.getErrorCode())) {
                String state = warning.getSQLState() == null ? "01000" : warning.getSQLState();
                throw new SQLException(warning.getMessage(), state, warning.getErrorCode());
            }
        }
    }

    /** Switches the checks of foreign keys on or off, if they are not so already. */
    public void foreignKeyChecks(boolean wanted) throws SQLException {
        if (wanted != foreignKeyChecks) {
            execute("SET SESSION foreign_key_checks = " + (wanted ? 1 : 0));
            foreignKeyChecks = wanted;
        }
    }

    public void commit() throws SQLException {
        limit.run(() -> {
            connection.commit();
            return null;
        }, true);
    }

    public void rollback() throws SQLException {
        timed(() -> {
            connection.rollback();
            return null;
        });
    }

    /** Ends the connection; the server rolls back what was not committed. */
    @Override
    public void close() {
        limit.close();
    }
}
