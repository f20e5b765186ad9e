package sluice.mysql;

import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Writes rows through a temporary table, from which they are updated or inserted, so that a row that exists keeps the
 * columns that are not written, and the rows that refer to it.
 */
final class RowUpserter {
    private static final int TABLE_IS_FULL = 1114;
    private static final int TYPE_NOT_IN_MEMORY = 1163;

    private final String stage;
    private final RowStatements fill;
    private final String create;
    private final String definition;
    private final List<String> merge;
    private String engine;

    /** `number` makes the temporary table's name different from others of the connection. */
    RowUpserter(TableDefinition table, RowLayout layout, int number) {
        stage = Identifiers.quote("sluice_stage_" + number);
        fill = new RowStatements(stage, layout);
        List<String> columns = layout.columns().stream().map(format -> Identifiers.quote(format.column().name())).toList();
        List<String> key = table.primaryKey().stream().map(Identifiers::quote).toList();
        List<String> others = layout.columns().stream().map(format -> format.column().name())
                .filter(name -> table.primaryKey().stream().noneMatch(name::equalsIgnoreCase)).map(Identifiers::quote).toList();
        String name = Identifiers.quote(table.name());
        definition = " SELECT " + String.join(", ", columns) + " FROM " + name + " WHERE FALSE";
        engine = layout.columns().stream().anyMatch(format -> isLarge(format.column())) ? "InnoDB" : "MEMORY";
        boolean separately = table.otherUnique() || String.valueOf(table.upsertReason()).contains("trigger");
        merge = separately ? updateAndInsert(name, columns, key, others) : List.of(upsert(name, columns, key, others));
        create = "(PRIMARY KEY (" + String.join(", ", key) + "))";
    }

    private static boolean isLarge(Column column) {
        String type = column.dataType();
        return type.endsWith("text") || type.endsWith("blob") || type.equals("json") || type.equals("geometry")
                || type.endsWith("point") || type.endsWith("string") || type.endsWith("polygon") || type.endsWith("collection");
    }

    /** One statement: only where no other unique index could match another row. */
    private String upsert(String name, List<String> columns, List<String> key, List<String> others) {
        List<String> changed = others.isEmpty() ? key : others;
        return "INSERT INTO " + name + " (" + String.join(", ", columns) + ") SELECT " + each(columns, one -> "s." + one)
                + " FROM " + stage + " s ON DUPLICATE KEY UPDATE "
                + each(changed, one -> name + "." + one + " = s." + one);
    }

    /** Two statements: triggers see updates as updates, and a value of another unique index is refused, not replaced. */
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
        try {
            fill(session, rows, records, order);
        } catch (SQLException error) {
            if (engine.equals("InnoDB")
                    || error.getErrorCode() != TABLE_IS_FULL && error.getErrorCode() != TYPE_NOT_IN_MEMORY) {
                throw error;
            }
            engine = "InnoDB";
            session.execute("DROP TEMPORARY TABLE IF EXISTS " + stage);
            session.stages().remove(stage);
            fill(session, rows, records, order);
        }
        for (String statement : merge) {
            session.execute(statement);
        }
    }

    private void fill(DatabaseSession session, RowBuffer rows, EncodedRecord[] records, KeyOrder order)
            throws SQLException {
        if (session.stages().contains(stage)) {
            session.execute("DELETE FROM " + stage);
        } else {
            session.execute("CREATE TEMPORARY TABLE " + stage + " " + create + " ENGINE=" + engine + definition);
            session.stages().add(stage);
        }
        fill.write(session, rows, records, order);
    }
}
