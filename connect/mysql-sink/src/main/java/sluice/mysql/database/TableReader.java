package sluice.mysql.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import sluice.mysql.column.Column;
import sluice.mysql.column.TableDefinition;
import sluice.sink.RefusedException;

/** Reads a table's definition from the connection's database; works alike on MySQL and MariaDB. */
public final class TableReader {
    private static final Pattern NEXT_NUMBER = Pattern.compile(" AUTO_INCREMENT=\\d+");

    private final Connection connection;
    private final String table;

    private TableReader(Connection connection, String table) {
        this.connection = connection;
        this.table = table;
    }

    /**
     * Reads the definition of a table. Throws an SQLException of the server if there is no such table or the user may
     * not see it, and a RefusedException if it is not a table that rows can be written to by their key.
     */
    public static TableDefinition read(Connection connection, String table) throws SQLException {
        return new TableReader(connection, table).read();
    }

    /**
     * Returns the text that is compared to notice an ALTER or a trigger (0.3 ms): the table's definition, without the
     * next number of AUTO_INCREMENT, and the names of its triggers. In a transaction with REPEATABLE READ, MySQL does
     * not show triggers that are younger than the transaction.
     */
    public static String fingerprint(Connection connection, String table) throws SQLException {
        return new TableReader(connection, table).fingerprint();
    }

    private String fingerprint() throws SQLException {
        StringBuilder fingerprint = new StringBuilder(definition());
        try (PreparedStatement statement = prepare("SELECT TRIGGER_NAME FROM information_schema.TRIGGERS "
                + "WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ? ORDER BY TRIGGER_NAME");
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                fingerprint.append("\nTRIGGER ").append(row.getString(1));
            }
        }
        return fingerprint.toString();
    }

    private String definition() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW CREATE TABLE " + Identifiers.quote(table))) {
            row.next();
            if (!row.getMetaData().getColumnLabel(2).equalsIgnoreCase("Create Table")) {
                throw new RefusedException(table + " is a view: choose a table");
            }
            return NEXT_NUMBER.matcher(row.getString(2)).replaceFirst("");
        }
    }

    private TableDefinition read() throws SQLException {
        String fingerprint = fingerprint();
        List<Column> columns = readColumns(fingerprint);
        List<String> primaryKey = readPrimaryKey();
        boolean otherUnique = exists("SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() "
                + "AND TABLE_NAME = ? AND NON_UNIQUE = 0 AND INDEX_NAME <> 'PRIMARY' LIMIT 1");
        return new TableDefinition(
                table, columns, primaryKey, upsertReason(fingerprint, otherUnique), otherUnique, fingerprint);
    }

    private List<Column> readColumns(String fingerprint) throws SQLException {
        String query = "SELECT COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, "
                + "COALESCE(NUMERIC_SCALE, DATETIME_PRECISION, 0), IS_NULLABLE, COLUMN_DEFAULT, EXTRA, "
                + "CHARACTER_SET_NAME "
                + "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? "
                + "ORDER BY ORDINAL_POSITION";
        List<Column> columns = new ArrayList<>();
        try (PreparedStatement statement = prepare(query); ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                columns.add(column(row, fingerprint));
            }
        }
        return List.copyOf(columns);
    }

    private static Column column(ResultSet row, String fingerprint) throws SQLException {
        String name = row.getString(1);
        String type = row.getString(2);
        // MariaDB's JSON is a LONGTEXT with this check.
        boolean json = type.equals("longtext")
                && fingerprint.contains("CHECK (json_valid(" + Identifiers.quote(name) + "))");
        boolean nullable = row.getString(7).equals("YES");
        String extra = row.getString(9).toUpperCase(Locale.ROOT);
        // MySQL marks a column with an expression as its default by DEFAULT_GENERATED, which is not a generated column.
        boolean generated = extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED")
                || extra.contains("PERSISTENT");
        // MariaDB writes 'NULL' for the default NULL of a nullable column; a missing default is null in both.
        boolean hasDefault = nullable || generated || row.getString(8) != null || extra.contains("AUTO_INCREMENT");
        String dataType = json ? "json" : row.getString(3).toLowerCase(Locale.ROOT);
        boolean unsigned = type.contains(" unsigned");
        return new Column(name, type, dataType, row.getLong(4), row.getInt(5), row.getInt(6), unsigned, nullable,
                hasDefault, generated, row.getString(10));
    }

    private List<String> readPrimaryKey() throws SQLException {
        String query = "SELECT COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS "
                + "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX";
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = prepare(query); ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                if (row.getString(2) != null) {
                    throw new RefusedException("the primary key of table " + table + " has only the first "
                            + row.getString(2) + " characters of column " + row.getString(1)
                            + ": records whose keys begin alike would overwrite each other");
                }
                names.add(row.getString(1));
            }
        }
        return List.copyOf(names);
    }

    private String upsertReason(String fingerprint, boolean otherUnique) throws SQLException {
        if (otherUnique) {
            return "it has a unique index besides its primary key";
        }
        if (fingerprint.contains("WITH SYSTEM VERSIONING")) {
            return "its rows have a history (system versioning)";
        }
        if (exists("SELECT 1 FROM information_schema.KEY_COLUMN_USAGE WHERE REFERENCED_TABLE_NAME IS NOT NULL "
                + "AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? LIMIT 1")) {
            return "it has a foreign key";
        }
        if (exists("SELECT 1 FROM information_schema.KEY_COLUMN_USAGE "
                + "WHERE REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME = ? LIMIT 1")) {
            return "a foreign key of another table refers to it";
        }
        Grants grants = Grants.read(connection);
        if (!grants.allow("TRIGGER", connection.getCatalog(), table)) {
            return "the user cannot see whether it has triggers (grant TRIGGER on the table)";
        }
        if (exists("SELECT 1 FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() "
                + "AND EVENT_OBJECT_TABLE = ? LIMIT 1")) {
            return "it has a trigger";
        }
        // Foreign keys of tables that the user cannot see refer to the primary key, which REPLACE leaves as it is, or
        // to other columns with an index.
        if (!grants.seeAllTables() && exists("SELECT 1 FROM information_schema.STATISTICS "
                + "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND INDEX_NAME <> 'PRIMARY' LIMIT 1")) {
            return "it has a second index, and the user cannot see whether another table's foreign key refers to it";
        }
        return null;
    }

    private boolean exists(String query) throws SQLException {
        try (PreparedStatement statement = prepare(query); ResultSet row = statement.executeQuery()) {
            return row.next();
        }
    }

    private PreparedStatement prepare(String query) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(query);
        statement.setString(1, table);
        return statement;
    }
}
