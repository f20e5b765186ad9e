package sluice.mysql;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.errors.ConnectException;
import sluice.mysql.batch.OffsetsTable;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.config.TopicTables;
import sluice.mysql.database.DatabaseErrors;
import sluice.mysql.database.DatabaseServer;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.Identifiers;
import sluice.mysql.database.TableReader;

/** Tries the settings of a connector on the database; what is wrong becomes an error of the setting to change. */
final class ConnectionCheck {
    private static final int MAX_TIMEOUT_MS = 3_000;
    private static final int NO_RIGHT_ON_DATABASE = 1044;
    private static final int UNKNOWN_DATABASE = 1049;
    private static final int NO_RIGHT_ON_TABLE = 1142;
    private static final int NO_SUCH_TABLE = 1146;
    private static final int TLS_REQUIRED = 3159;

    private final MySqlSinkConfig config;
    private final List<ConfigValue> values;
    private final DatabaseErrors errors;

    ConnectionCheck(MySqlSinkConfig config, List<ConfigValue> values) {
        this.config = config;
        this.values = values;
        errors = new DatabaseErrors(config.url());
    }

    /** Connects and looks at the tables that the settings name. Takes seconds at most. */
    void run() {
        int timeout = Math.min(MAX_TIMEOUT_MS, config.getInt(MySqlSinkConfig.CONNECT_TIMEOUT_MS));
        try (DatabaseServer server = new DatabaseServer(config, timeout); DatabaseSession session = server.open()) {
            for (Map.Entry<String, String> table : tables().entrySet()) {
                check(session, table.getKey(), table.getValue());
            }
            if (config.offsetsTable() != null) {
                checkOffsets(session);
            }
        } catch (SQLException error) {
            add(settingOf(error), error);
        }
    }

    /** Returns the tables that can be known now, each with the setting that names it. */
    private Map<String, String> tables() {
        TopicTables names = new TopicTables(config.getList(MySqlSinkConfig.TOPIC_TO_TABLE),
                config.getString(MySqlSinkConfig.TABLE_NAME_FORMAT));
        Map<String, String> tables = new LinkedHashMap<>(names.fixedTables());
        String topics = config.originalsStrings().getOrDefault("topics", "");
        for (String topic : topics.split(",")) {
            if (!topic.isBlank()) {
                tables.put(names.table(topic.strip()), names.setting(topic.strip()));
            }
        }
        return tables;
    }

    private void check(DatabaseSession session, String table, String setting) throws SQLException {
        try {
            TableDefinition definition = session.timed(() -> TableReader.read(session.connection(), table));
            if (definition.primaryKey().isEmpty()) {
                add(setting, "table " + table + " has no primary key: rows are found by it.");
            } else {
                checkRights(session, definition);
            }
        } catch (SQLException error) {
            // A user without rights on the database is told of a table that is not there that it may not see it.
            boolean unseen = error.getErrorCode() == NO_SUCH_TABLE || error.getErrorCode() == NO_RIGHT_ON_TABLE
                    && error.getMessage().contains("SHOW command");
            add(unseen ? setting : settingOf(error), error);
        } catch (ConnectException error) {
            add(setting, error.getMessage());
        }
    }

    /** Lets the server explain statements, for which it wants the rights to execute them. */
    private static void checkRights(DatabaseSession session, TableDefinition definition) throws SQLException {
        String table = Identifiers.quote(definition.name());
        String key = Identifiers.quote(definition.primaryKey().get(0));
        // All of them: one without a default must be named.
        String columns = definition.columns().stream().filter(column -> !column.generated())
                .map(column -> Identifiers.quote(column.name())).collect(Collectors.joining(", "));
        explain(session,
                "INSERT INTO " + table + " (" + columns + ") SELECT " + columns + " FROM " + table + " WHERE 1 = 0");
        explain(session, "UPDATE " + table + " SET " + key + " = " + key + " WHERE 1 = 0");
        explain(session, "DELETE FROM " + table + " WHERE 1 = 0");
    }

    private static void explain(DatabaseSession session, String sql) throws SQLException {
        session.timed(() -> {
            try (Statement statement = session.connection().createStatement();
                    ResultSet plan = statement.executeQuery("EXPLAIN " + sql)) {
                return plan.next();
            }
        });
    }

    private void checkOffsets(DatabaseSession session) throws SQLException {
        String table = config.offsetsTable();
        try {
            explain(session, "INSERT INTO " + Identifiers.quote(table) + " (connector, topic, kafka_partition, owner) "
                    + "SELECT connector, topic, kafka_partition, owner FROM " + Identifiers.quote(table) + " WHERE 1 = 0");
            explain(session, "UPDATE " + Identifiers.quote(table) + " SET next_offset = 0 WHERE 1 = 0");
        } catch (SQLException error) {
            String create = new OffsetsTable(table, config.connectorName()).createStatement();
            add(MySqlSinkConfig.OFFSETS_TABLE, errors.exception(error).getMessage() + " Create the table: " + create);
        }
    }

    private static String settingOf(SQLException error) {
        if (DatabaseErrors.untrusted(error)) {
            return MySqlSinkConfig.TLS_CERTIFICATES;
        }
        if (DatabaseErrors.withoutTls(error)) {
            return MySqlSinkConfig.TLS_ENABLED;
        }
        switch (error.getErrorCode()) {
            case TLS_REQUIRED:
                return MySqlSinkConfig.TLS_ENABLED;
            case NO_RIGHT_ON_DATABASE:
            case UNKNOWN_DATABASE:
                return MySqlSinkConfig.URL;
            default:
                break;
        }
        if (String.valueOf(error.getMessage()).startsWith(MySqlSinkConfig.LOCAL_INFILE_OFF)) {
            return MySqlSinkConfig.LOAD_MODE;
        }
        boolean refused = DatabaseErrors.kind(error) == DatabaseErrors.Kind.REFUSED;
        return refused ? MySqlSinkConfig.USERNAME : MySqlSinkConfig.URL;
    }

    private void add(String setting, SQLException error) {
        add(setting, errors.exception(error).getMessage());
    }

    private void add(String setting, String message) {
        for (ConfigValue value : values) {
            if (value.name().equals(setting)) {
                value.addErrorMessage(message);
            }
        }
    }
}
