package sluice.mysql;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.database.Identifiers;
import sluice.mysql.database.TableReader;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.encode.TableColumns;
import sluice.mysql.text.RowBuffer;
import sluice.testing.TestDatabase;

/**
 * A table in a real database, written to as the sink does it: by LOAD DATA and by INSERT, in a session with the sink's
 * settings. With the environment variable SLUICE_TEST_JDBC_URL (with user and password) it is in that database, which
 * may be MySQL.
 */
public final class LoadedTable implements AutoCloseable {
    private static final String URL_VARIABLE = "SLUICE_TEST_JDBC_URL";

    private final Connection connection;
    private final String name;
    private final TableColumns columns;

    public LoadedTable(String name, String definition) throws SQLException, IOException {
        this.name = Identifiers.quote(name);
        connection = connect();
        execute("DROP TABLE IF EXISTS " + this.name);
        execute("CREATE TABLE " + this.name + " (" + definition + ")");
        columns = new TableColumns(TableReader.read(connection, name));
    }

    public static boolean isMariaDb() {
        return System.getenv(URL_VARIABLE) == null;
    }

    public static Connection connect() throws SQLException, IOException {
        Connection made;
        if (isMariaDb()) {
            TestDatabase.shared().execute("", "CREATE DATABASE IF NOT EXISTS columns_test CHARACTER SET utf8mb4");
            made = TestDatabase.shared().connect("columns_test");
        } else {
            made = DriverManager.getConnection(System.getenv(URL_VARIABLE));
        }
        try (Statement statement = made.createStatement()) {
            statement.execute("SET SESSION time_zone = '+00:00', sql_notes = 0, sql_mode = 'STRICT_TRANS_TABLES,"
                    + "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO'");
        }
        return made;
    }

    public TableColumns columns() {
        return columns;
    }

    public RowLayout layout(String... names) {
        List<ColumnFormat> formats = new ArrayList<>();
        for (String column : names) {
            formats.add(columns.find(column));
        }
        return columns.layout(formats);
    }

    public void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Loads rows; throws an SQLException if the database refuses one or warns. */
    public void load(RowLayout layout, RowBuffer rows) throws SQLException {
        List<String> fields = new ArrayList<>();
        List<String> expressions = new ArrayList<>();
        for (ColumnFormat format : layout.columns()) {
            String variable = "@v" + fields.size();
            String column = Identifiers.quote(format.column().name());
            String expression = format.expression(variable);
            fields.add(expression == null ? column : variable);
            if (expression != null) {
                expressions.add(column + " = " + expression);
            }
        }
        String set = expressions.isEmpty() ? "" : " SET " + String.join(", ", expressions);
        try (Statement statement = connection.createStatement()) {
            statement.unwrap(org.mariadb.jdbc.Statement.class)
                    .setLocalInfileInputStream(new ByteArrayInputStream(rows.bytes(), 0, rows.size()));
            statement.execute("LOAD DATA LOCAL INFILE 'rows' REPLACE INTO TABLE " + name
                    + " CHARACTER SET utf8mb4 (" + String.join(", ", fields) + ")" + set);
            if (statement.getWarnings() != null) {
                throw statement.getWarnings();
            }
        }
    }

    /** Writes the same rows as string literals of an INSERT. */
    public void insert(RowLayout layout, RowBuffer rows) throws SQLException {
        String text = new String(rows.bytes(), 0, rows.size(), StandardCharsets.UTF_8);
        List<String> tuples = new ArrayList<>();
        for (String row : text.split("\n")) {
            String[] fields = row.split("\t", -1);
            for (int index = 0; index < fields.length; index++) {
                String literal = fields[index].equals("\\N") ? "NULL" : "'" + fields[index] + "'";
                String expression = layout.columns().get(index).expression(literal);
                fields[index] = expression == null ? literal : expression;
            }
            tuples.add("(" + String.join(", ", fields) + ")");
        }
        String names = layout.columns().stream()
                .map(format -> Identifiers.quote(format.column().name())).collect(Collectors.joining(", "));
        execute("REPLACE INTO " + name + " (" + names + ") VALUES " + String.join(", ", tuples));
    }

    /** Returns what the expression gives for each row, in the order of `orderBy`. */
    public List<String> read(String expression, String orderBy) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT " + expression + " FROM " + name + " ORDER BY " + orderBy)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
