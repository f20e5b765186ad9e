package sluice.mysql.batch;

import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import sluice.mysql.column.TableDefinition;
import sluice.mysql.database.DatabaseSession;
import sluice.mysql.database.Identifiers;
import sluice.mysql.encode.EncodedRecord;
import sluice.mysql.encode.RowLayout;
import sluice.mysql.text.RowBuffer;

/**
 * Writes rows through a temporary table, from which they are updated or inserted, so that a row that exists keeps the
 * columns that are not written, and the rows that refer to it.
 */
final class RowUpserter {
    private final String stage;
    private final RowStatements fill;
    private final String drop;
    private final String create;
    private final List<String> merge;

    /** `number` makes the temporary table's name different from others of the connection. */
    RowUpserter(TableDefinition table, RowLayout layout, int number) {
        stage = Identifiers.quote("sluice_stage_" + number);
        fill = new RowStatements(stage, layout);
        List<String> columns = layout.columns().stream().map(format -> format.column().name())
                .map(Identifiers::quote).toList();
        List<String> key = table.primaryKey().stream().map(Identifiers::quote).toList();
        List<String> others = columns.stream().filter(
                column -> key.stream().noneMatch(column::equalsIgnoreCase)).toList();
        String name = Identifiers.quote(table.name());
        drop = "DROP TEMPORARY TABLE IF EXISTS " + stage;
        // InnoDB, which takes every type and any size; MySQL warns of MEMORY in a transaction with InnoDB.
        create = "CREATE TEMPORARY TABLE " + stage + " (PRIMARY KEY (" + String.join(", ", key) + ")) ENGINE=InnoDB "
                + "SELECT " + String.join(", ", columns) + " FROM " + name + " WHERE FALSE";
        boolean separately = table.otherUnique() || String.valueOf(table.upsertReason()).contains("trigger");
        merge = separately ? updateAndInsert(name, columns, key, others) : List.of(upsert(name, columns, key, others));
    }

    /** One statement: only where no other unique index could match another row. */
    private String upsert(String name, List<String> columns, List<String> key, List<String> others) {
        List<String> changed = others.isEmpty() ? key : others;
        return "INSERT INTO " + name + " (" + String.join(", ", columns) + ") SELECT "
                + each(columns, one -> "s." + one) + " FROM " + stage + " s ON DUPLICATE KEY UPDATE "
                + each(changed, one -> name + "." + one + " = s." + one);
    }

    /** Two statements: triggers see updates as updates; a value of another unique index is refused, not moved. */
    private List<String> updateAndInsert(String name, List<String> columns, List<String> key, List<String> others) {
        String same = key.stream().map(one -> "t." + one + " = s." + one).collect(Collectors.joining(" AND "));
        String insert = "INSERT INTO " + name + " (" + String.join(", ", columns) + ") SELECT "
                + each(columns, one -> "s." + one) + " FROM " + stage + " s LEFT JOIN " + name + " t ON " + same
                + " WHERE t." + key.get(0) + " IS NULL";
        if (others.isEmpty()) {
            return List.of(insert);
        }
        return List.of("UPDATE " + stage + " s STRAIGHT_JOIN " + name + " t ON " + same + " SET "
                + each(others, one -> "t." + one + " = s." + one), insert);
    }

    private static String each(List<String> names, Function<String, String> form) {
        return names.stream().map(form).collect(Collectors.joining(", "));
    }

    void write(DatabaseSession session, RowBuffer rows, EncodedRecord[] records, KeyOrder order) throws SQLException {
        session.execute(drop); // One that a failed batch left behind
        session.execute(create);
        fill.write(session, rows, records, order);
        for (String statement : merge) {
            session.execute(statement);
        }
        session.execute(drop);
    }
}
