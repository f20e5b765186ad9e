package sluice.mysql.batch;

import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.Identifiers;
import sluice.mysql.encode.EncodedRecord;
import sluice.mysql.text.RowBuffer;

/** Deletes rows of a table by their primary keys. */
final class RowDeleter {
    /** Below the number of constants from which MariaDB makes a subquery of IN. */
    private static final int KEYS_A_STATEMENT = 900;
    /** Types whose values are compared as numbers: as strings they would become doubles, which are not exact. */
    private static final Set<String> NUMBERS = Set.of(
            "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year");

    private final String delete;
    private final List<ColumnFormat> key;

    /** `key` are the columns of the primary key in its order. */
    RowDeleter(TableDefinition table, List<ColumnFormat> key) {
        this.key = key;
        delete = "DELETE FROM " + Identifiers.quote(table.name()) + " WHERE "
                + (key.size() == 1 ? name(key.get(0)) + " IN (" : "");
    }

    /** Deletes the rows of the records' keys. */
    void write(DatabaseSession session, RowBuffer rows, EncodedRecord[] records, KeyOrder order) throws SQLException {
        for (int start = 0; start < order.size(); start += KEYS_A_STATEMENT) {
            StringBuilder statement = new StringBuilder(delete);
            int end = Math.min(start + KEYS_A_STATEMENT, order.size());
            for (int place = start; place < end; place++) {
                append(statement, rows.bytes(), records[order.at(place)].keyStart(), place == start);
            }
            session.execute(statement.append(key.size() == 1 ? ")" : "").toString());
        }
    }

    private void append(StringBuilder statement, byte[] bytes, int keyStart, boolean first) {
        if (key.size() == 1) {
            statement.append(first ? "" : ",");
            RowStatements.Fields.append(statement, bytes, keyStart, key, ",", RowDeleter::value);
        } else {
            statement.append(first ? "(" : " OR (");
            RowStatements.Fields.append(statement, bytes, keyStart, key, " AND ",
                    (format, inside) -> name(format) + " = " + value(format, inside));
            statement.append(')');
        }
    }

    private static String value(ColumnFormat format, String inside) {
        boolean number = NUMBERS.contains(format.column().dataType()) && format.expression("@v") == null;
        return number ? inside : RowStatements.Fields.literal(format, inside);
    }

    private static String name(ColumnFormat format) {
        return Identifiers.quote(format.column().name());
    }
}
