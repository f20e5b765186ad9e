package sluice.mysql.database;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.metrics.SinkMetrics;

/** The one session that a task has, opened when it is needed and after each failure. Not thread-safe. */
public final class DatabaseSessions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DatabaseSessions.class);

    private final DatabaseServer server;
    private final DatabaseErrors errors;
    private final SinkMetrics metrics;
    private final String loadMode;
    private DatabaseSession session;
    private boolean insertSaid;

    public DatabaseSessions(MySqlSinkConfig config, SinkMetrics metrics) {
        this.metrics = metrics;
        server = new DatabaseServer(config, config.getInt(MySqlSinkConfig.CONNECT_TIMEOUT_MS));
        errors = new DatabaseErrors(config.url());
        loadMode = config.getString(MySqlSinkConfig.LOAD_MODE);
    }

    /** Something that is done in a session. */
    public interface Action {
        void run(DatabaseSession session) throws SQLException;
    }

    /**
     * Does something in a transaction of its own. Throws a RetriableException for an error that may pass, otherwise a
     * ConnectException; the connection is ended then.
     */
    public void run(Action action) {
        guard(() -> {
            action.run(open());
            open().commit();
        });
    }

    /** Something that may use the session several times. */
    public interface Work {
        void run() throws SQLException;
    }

    /** Does something that commits what it wants. If it throws, the connection is ended; errors are as with run(). */
    public void guard(Work work) {
        boolean done = false;
        try {
            work.run();
            done = true;
        } catch (SQLException error) {
            throw errors.exception(server.explain(error));
        } finally {
            if (!done) {
                drop();
            }
        }
    }

    /** Returns the session. */
    public DatabaseSession open() throws SQLException {
        if (session == null) {
            session = server.open();
            metrics.loading(session.localInfile());
            if (!session.localInfile() && !insertSaid) {
                insertSaid = true;
                LOG.warn("rows are written by INSERT statements, which is slower: {}",
                        loadMode.equals(MySqlSinkConfig.INSERT) ? MySqlSinkConfig.LOAD_MODE + " says so"
                                : "local_infile of the server is OFF");
            }
        }
        return session;
    }

    /** Returns whether there is a session; the server may have ended it. */
    public boolean isOpen() {
        return session != null;
    }

    /** Rolls back what is not committed, if need be by ending the connection. */
    public void rollback() {
        if (session != null) {
            try {
                session.rollback();
            } catch (SQLException error) {
                drop();
            }
        }
    }

    private void drop() {
        if (session != null) {
            session.close();
            session = null;
        }
    }

    @Override
    public void close() {
        if (session != null) {
            session.close();
            session = null;
        }
        server.close();
    }
}
