package sluice.mysql.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import sluice.mysql.config.MySqlSinkConfig;

/** Opens sessions with the settings that the connector relies on. */
public final class DatabaseServer implements AutoCloseable {
    private static final String VARIABLES = "SHOW SESSION VARIABLES WHERE Variable_name IN "
            + "('local_infile', 'max_allowed_packet', 'binlog_format', 'max_error_count')";
    /** Values that do not fit are errors, also the second of two; \ is an escape, as in the rows. */
    private static final String SQL_MODE = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
            + "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO";
    /** What a server may have otherwise for all sessions, and what would then be wrong or refused. */
    private static final String USUAL = "SET SESSION foreign_key_checks = 1, unique_checks = 1, sql_safe_updates = 0, "
            + "sql_quote_show_create = 1, sql_big_selects = 1, sql_select_limit = 18446744073709551615, "
            + "completion_type = 0";
    private static final int MAX_LOCK_WAIT_SECONDS = 50;
    private static final int MILLISECONDS = 1000;

    private final MySqlSinkConfig config;
    private final int connectTimeout;
    private final Watchdog watchdog = new Watchdog();
    private final AbandonedStatement abandoned = new AbandonedStatement(this::connect);

    /** `connectTimeout` is in milliseconds. */
    public DatabaseServer(MySqlSinkConfig config, int connectTimeout) {
        this.config = config;
        this.connectTimeout = connectTimeout;
    }

    /**
     * Opens a session; throws an SQLException if the server does not answer or refuses it, or while a statement of an
     * earlier session is under way that must be waited for.
     */
    public DatabaseSession open() throws SQLException {
        SQLException waited = abandoned.finish();
        if (waited != null) {
            throw waited;
        }
        KeptSocketFactory.OpenConnection open = connect();
        Connection connection = open.connection();
        try {
            Map<String, String> variables = variables(connection);
            prepare(connection, variables);
            connection.setNetworkTimeout(Runnable::run, 0); // The watchdog limits statements, their writes too.
            return new DatabaseSession(connection, new StatementLimit(open, watchdog, statementTimeout(), abandoned),
                    localInfile(variables), Integer.parseInt(variables.get("max_allowed_packet")));
        } catch (SQLException | RuntimeException error) {
            connection.close();
            throw error;
        }
    }

    /** Returns the reason of an error, as far as the server can tell it now. */
    SQLException explain(SQLException error) {
        return abandoned.explain(error);
    }

    private KeptSocketFactory.OpenConnection connect() throws SQLException {
        return KeptSocketFactory.connect(config.url().forDriver(), properties());
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("user", config.getString(MySqlSinkConfig.USERNAME));
        if (config.password() != null) {
            properties.setProperty("password", config.password());
        }
        properties.setProperty("connectTimeout", Integer.toString(connectTimeout));
        properties.setProperty("socketTimeout", Integer.toString(connectTimeout));
        properties.setProperty("allowLocalInfile", Boolean.toString(!loadMode().equals(MySqlSinkConfig.INSERT)));
        properties.setProperty("permitRedirect", "false"); // The host of the setting, and no other.
        if (config.getBoolean(MySqlSinkConfig.TLS_ENABLED)) {
            boolean verify = config.getBoolean(MySqlSinkConfig.TLS_VERIFY_HOSTNAME);
            properties.setProperty("sslMode", verify ? "verify-full" : "verify-ca");
            String certificates = config.getString(MySqlSinkConfig.TLS_CERTIFICATES);
            if (certificates != null) {
                properties.setProperty("serverSslCert", certificates);
            }
        } else {
            properties.setProperty("sslMode", "disable");
            // MySQL's default authentication needs it on a connection without TLS.
            properties.setProperty("allowPublicKeyRetrieval", "true");
        }
        return properties;
    }

    private static Map<String, String> variables(Connection connection) throws SQLException {
        Map<String, String> variables = new HashMap<>();
        try (Statement statement = connection.createStatement()) {
            statement.execute(USUAL); // First: the limit is one of rows of SHOW too.
            try (ResultSet rows = statement.executeQuery(VARIABLES)) {
                while (rows.next()) {
                    variables.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        return variables;
    }

    private void prepare(Connection connection, Map<String, String> variables) throws SQLException {
        int lockWait = Math.max(1, Math.min(MAX_LOCK_WAIT_SECONDS, statementTimeout() / 2 / MILLISECONDS));
        try (Statement statement = connection.createStatement()) {
            // Notes are no warnings: a warning is about a value that was changed.
            statement.execute("SET SESSION sql_mode = '" + SQL_MODE + "', sql_notes = 0, time_zone = '+00:00', "
                    + "innodb_lock_wait_timeout = " + lockWait + ", lock_wait_timeout = " + lockWait);
            statement.execute("SET NAMES utf8mb4");
            if ("0".equals(variables.get("max_error_count"))) {
                statement.execute("SET SESSION max_error_count = 64"); // Without it no warning can be seen.
            }
            // Fewer locks between keys, so fewer deadlocks. It cannot be where the log holds statements.
            boolean statements = "STATEMENT".equalsIgnoreCase(variables.get("binlog_format"));
            statement.execute("SET SESSION TRANSACTION ISOLATION LEVEL "
                    + (statements ? "REPEATABLE READ" : "READ COMMITTED"));
        }
        connection.setAutoCommit(false);
    }

    private boolean localInfile(Map<String, String> variables) throws SQLException {
        boolean allowed = "ON".equalsIgnoreCase(variables.get("local_infile"));
        if (!allowed && loadMode().equals(MySqlSinkConfig.LOCAL_INFILE)) {
            throw new SQLException(MySqlSinkConfig.LOCAL_INFILE_OFF + ", and " + MySqlSinkConfig.LOAD_MODE + " is "
                    + MySqlSinkConfig.LOCAL_INFILE + ": set it ON (SET GLOBAL local_infile = ON), or set "
                    + MySqlSinkConfig.LOAD_MODE + " to auto", "HY000");
        }
        return allowed && !loadMode().equals(MySqlSinkConfig.INSERT);
    }

    private String loadMode() {
        return config.getString(MySqlSinkConfig.LOAD_MODE);
    }

    private int statementTimeout() {
        return config.getInt(MySqlSinkConfig.STATEMENT_TIMEOUT_MS);
    }

    @Override
    public void close() {
        watchdog.close();
    }
}
