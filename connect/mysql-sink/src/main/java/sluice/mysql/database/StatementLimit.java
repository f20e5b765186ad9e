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
    private final Watchdog watchdog;
    private final int timeout;
    private final LeftStatement left;
    private final long thread;
    private volatile boolean timedOut;

    /** `socket` is the connection's; `timeout` is in milliseconds. */
    StatementLimit(Connection connection, Socket socket, Watchdog watchdog, int timeout, LeftStatement left)
            throws SQLException {
        this.connection = connection;
        this.socket = socket;
        this.watchdog = watchdog;
        this.timeout = timeout;
        this.left = left;
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
        left.leave(thread, commits);
        try {
            SQLException waits = left.settle();
            if (waits != null) {
                return waits;
            }
        } catch (SQLException unanswered) {
            error.addSuppressed(unanswered); // It is asked again before anything else is begun.
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
