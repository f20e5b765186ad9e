package sluice.mysql.batch;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.Identifiers;
import sluice.mysql.encode.EncodedRecord;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.text.RowBuffer;

/** Statements that put rows of one layout into a table, by LOAD DATA or as REPLACE with many rows. */
final class RowStatements {
    /** No path: a server that asks for this name gets nothing, and no file can have it. */
    private static final String STREAM = "/dev/null/rows";
    private static final int MAX_STATEMENT_BYTES = 4 << 20;
    /** Room for what surrounds the fields in a statement. */
    private static final int RESERVE = 1024;
    private static final int BYTES_AROUND_FIELD = 16;
    private static final int PACKET_TOO_LARGE = 1153;
    /** SQL state of a connection that does not do what it should: the batch is written again on another one. */
    private static final String CONNECTION_FAILED = "08000";

    private final List<ColumnFormat> columns;
    private final String load;
    private final String replace;

    /** `target` is the quoted name of the table. */
    RowStatements(String target, RowLayout layout) {
        columns = layout.columns();
        List<String> names = new ArrayList<>();
        List<String> fields = new ArrayList<>();
        List<String> assignments = new ArrayList<>();
        for (ColumnFormat format : columns) {
            String name = Identifiers.quote(format.column().name());
            String variable = "@v" + names.size();
            String expression = format.expression(variable);
            names.add(name);
            fields.add(expression == null ? name : variable);
            if (expression != null) {
                assignments.add(name + " = " + expression);
            }
        }
        // REPLACE: without it LOCAL would turn errors into warnings and go on.
        load = "LOAD DATA LOCAL INFILE '" + STREAM + "' REPLACE INTO TABLE " + target + " CHARACTER SET utf8mb4 "
                + "FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ("
                + String.join(", ", fields) + ")"
                + (assignments.isEmpty() ? "" : " SET " + String.join(", ", assignments));
        replace = "REPLACE INTO " + target + " (" + String.join(", ", names) + ") VALUES ";
    }

    /** Puts rows into the table; of rows with the same key the last remains. */
    void write(DatabaseSession session, RowBuffer rows, EncodedRecord[] records, KeyOrder order) throws SQLException {
        if (session.localInfile()) {
            long loaded = session.load(load, new RowStream(rows.bytes(), records, order));
            if (loaded < order.size()) { // A proxy that does not forward the stream says so without an error.
                throw new SQLException("of " + order.size() + " rows the server has loaded " + loaded, CONNECTION_FAILED);
            }
        } else {
            insert(session, rows.bytes(), records, order);
        }
    }

    private void insert(DatabaseSession session, byte[] bytes, EncodedRecord[] records, KeyOrder order)
            throws SQLException {
        int limit = Math.min(session.maxPacket() - RESERVE, MAX_STATEMENT_BYTES);
        int size = 0;
        StringBuilder statement = new StringBuilder(replace);
        for (int place = 0; place < order.size(); place++) {
            EncodedRecord record = records[order.at(place)];
            int rowSize = record.end() - record.start() + BYTES_AROUND_FIELD * columns.size();
            if (rowSize + replace.length() > session.maxPacket() - RESERVE) {
                throw new SQLException("a row of " + (record.end() - record.start()) + " bytes is larger than the "
                        + "server's max_allowed_packet", "08S01", PACKET_TOO_LARGE);
            }
            if (size > 0 && size + rowSize > limit) {
                session.execute(statement.toString());
                statement.setLength(replace.length());
                size = 0;
            }
            statement.append(size > 0 ? ",(" : "(");
            Fields.append(statement, bytes, record.start(), columns, ",", Fields::literal);
            statement.append(')');
            size += rowSize;
        }
        if (size > 0) {
            session.execute(statement.toString());
        }
    }

    /** Fields of a row as SQL. */
    static final class Fields {
        /** Writes a field that is not NULL as SQL, given what is between its quotes. */
        interface Literal {
            String of(ColumnFormat format, String inside);
        }

        private Fields() { }

        /** Appends as many fields as there are columns, from a position on, with `between` between them. */
        static void append(StringBuilder sql, byte[] bytes, int start, List<ColumnFormat> columns, String between,
                Literal literal) {
            int position = start;
            for (int index = 0; index < columns.size(); index++) {
                int end = position;
                while (bytes[end] != '\t' && bytes[end] != '\n') {
                    end++;
                }
                sql.append(index > 0 ? between : "");
                if (end - position == 2 && bytes[position] == '\\' && bytes[position + 1] == 'N') {
                    sql.append("NULL");
                } else {
                    sql.append(literal.of(columns.get(index),
                            new String(bytes, position, end - position, StandardCharsets.UTF_8)));
                }
                position = end + 1;
            }
        }

        /** Returns a quoted value, as the column's format converts it. */
        static String literal(ColumnFormat format, String inside) {
            String quoted = "'" + inside + "'";
            String expression = format.expression(quoted);
            return expression == null ? quoted : expression;
        }
    }
}
