package sluice.mysql.database;

import java.io.IOException;
import java.net.Socket;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.concurrent.ScheduledFuture;
import sluice.mysql.config.MySqlSinkConfig;

/** Ends the calls of one connection that take too long, first on this side and then, where it is harmless, in the server. */
final class StatementLimit implements AutoCloseable {
    private static final int CLOSE_MS = 1_000;

    private final Connection connection;
    private final Socket socket;
    private final long openedAt;
    private final Watchdog watchdog;
    private final int timeout;
    private final AbandonedStatement abandoned;
    private final long thread;
    private volatile boolean timedOut;

    /** `timeout` is in milliseconds. */
    StatementLimit(KeptSocketFactory.OpenConnection open, Watchdog watchdog, int timeout, AbandonedStatement abandoned)
            throws SQLException {
        connection = open.connection();
        socket = open.socket();
        openedAt = open.openedAt();
        this.watchdog = watchdog;
        this.timeout = timeout;
        this.abandoned = abandoned;
        thread = connection.unwrap(org.mariadb.jdbc.Connection.class).getThreadId();
    }

    /** Runs calls of JDBC; `commits` if they end a transaction. Throws an SQLException at the timeout at the latest. */
    <T> T run(DatabaseSession.Call<T> call, boolean commits) throws SQLException {
        ScheduledFuture<?> deadline = watchdog.schedule(this::timeOut, timeout);
        try {
            return call.run();
        } catch (SQLException error) {
            throw timedOut ? reason(error, commits) : error;
        } finally {
            deadline.cancel(false);
        }
    }

    private SQLException reason(SQLException error, boolean commits) {
        abandoned.remember(thread, openedAt, commits);
        try {
            SQLException waited = abandoned.finish();
            if (waited != null) {
                return waited;
            }
        } catch (SQLException unanswered) {
            error.addSuppressed(unanswered); // It is asked again before the next session is opened.
        }
        return new SQLTimeoutException("no answer within " + timeout + " ms (" + MySqlSinkConfig.STATEMENT_TIMEOUT_MS + ")",
                "08000", error);
    }

    private void timeOut() {
        timedOut = true;
        closeSocket(); // The thread in the call gets an exception.
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException error) {
            // There is nothing left to end.
        }
    }

    /** Ends the connection, if need be by closing its socket. */
    @Override
    public void close() {
        ScheduledFuture<?> deadline = watchdog.schedule(this::closeSocket, CLOSE_MS);
        try {
            connection.close();
        } catch (SQLException error) {
            closeSocket();
        } finally {
            deadline.cancel(false);
        }
    }
}
