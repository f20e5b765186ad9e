package sluice.mysql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.connect.sink.SinkRecord;

/** A batch that another thread puts, and that waits in the database for a lock of `blocker`. */
final class BackgroundPut implements AutoCloseable {
    final Connection blocker;
    private final SinkTester sink;
    private CompletableFuture<Void> done;

    /** Executes statements in a transaction that stays open. */
    BackgroundPut(SinkTester sink, String... statements) throws SQLException {
        this.sink = sink;
        blocker = sink.server.connect(sink.database);
        blocker.setAutoCommit(false);
        execute(statements);
    }

    void execute(String... statements) throws SQLException {
        try (Statement statement = blocker.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Starts to put the records, and returns the number of the connection that waits. */
    long start(SinkRecord... records) throws SQLException {
        done = CompletableFuture.runAsync(() -> sink.task.put(List.of(records)));
        while (true) {
            try (Statement statement = blocker.createStatement(); ResultSet waiting = statement.executeQuery(
                    "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '" + sink.database
                            + "' AND ID <> CONNECTION_ID() AND COMMAND = 'Query' AND INFO LIKE '%INTO%'")) {
                if (waiting.next()) {
                    return waiting.getLong(1);
                }
            }
            if (done.isDone()) {
                throw new AssertionError("the batch does not wait: " + failure());
            }
        }
    }

    /** Waits for the end of put() and returns what it threw; null for nothing. */
    Throwable failure() {
        try {
            done.get();
            return null;
        } catch (ExecutionException error) {
            return error.getCause();
        } catch (InterruptedException error) {
            throw new AssertionError(error);
        }
    }

    @Override
    public void close() throws SQLException {
        blocker.close();
    }
}
