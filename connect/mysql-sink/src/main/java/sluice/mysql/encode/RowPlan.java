package sluice.mysql.encode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.config.RecordSettings;

/**
 * Which field of a value goes into which column.
 *
 * @param columns  for each field its column; null for a generated one, which is not written
 * @param order    indexes of the fields in the order in which they are written: those of the primary key first, in its
 *                 order
 * @param layout   the columns in that order
 * @param checked  index of the field that key.must.equal names, -1 without one
 */
public record RowPlan(List<ColumnFormat> columns, int[] order, RowLayout layout, int checked) {
    public static RowPlan of(Schema schema, TableColumns table, RecordSettings settings) {
        return of(schema.fields().stream().map(Field::name).toList(), table, settings);
    }

    /**
     * Matches fields and columns by name. If they do not match, throws a MismatchException or a DataException, as
     * mismatch.mode says, which names the fields without a column and the columns that need a field.
     */
    static RowPlan of(List<String> names, TableColumns table, RecordSettings settings) {
        checkField(names, settings);
        List<ColumnFormat> key = table.primaryKey();
        List<ColumnFormat> columns = new ArrayList<>();
        Map<ColumnFormat, String> named = new HashMap<>();
        List<String> unknown = new ArrayList<>();
        for (String name : names) {
            ColumnFormat column = table.find(name);
            if (column == null) {
                unknown.add(name);
            } else if (named.put(column, name) != null) {
                throw mismatch(settings, "two fields are the column " + column.column().name() + " of table "
                        + table.table().name() + ", whose names are alike in small letters");
            }
            columns.add(column == null || column.column().generated() ? null : column);
        }
        check(unknown, missing(columns, key, table, settings), table, settings);
        int[] order = order(columns, key);
        List<ColumnFormat> written = new ArrayList<>();
        for (int index : order) {
            written.add(columns.get(index));
        }
        // Not List.copyOf: a column may be null.
        return new RowPlan(columns, order, table.layout(written),
                settings.keyMustEqual() == null ? -1 : names.indexOf(settings.keyMustEqual()));
    }

    private static List<String> missing(List<ColumnFormat> columns, List<ColumnFormat> key, TableColumns table,
                                        RecordSettings settings) {
        List<ColumnFormat> given = new ArrayList<>(columns);
        List<String> missing = new ArrayList<>();
        if (settings.keyFromRecordKey()) {
            given.addAll(key);
        } else {
            // Even one with a default: without it, every record would be a row of its own.
            key.stream().filter(column -> !columns.contains(column))
                    .forEach(column -> missing.add(column.column().name()));
            given.addAll(key);
        }
        missing.addAll(table.missing(given));
        return missing;
    }

    private static void check(List<String> unknown, List<String> missing, TableColumns table, RecordSettings settings) {
        if (unknown.isEmpty() && missing.isEmpty()) {
            return;
        }
        List<String> reasons = new ArrayList<>();
        if (!unknown.isEmpty()) {
            reasons.add("the table has no column for the field " + String.join(", ", unknown));
        }
        if (!missing.isEmpty()) {
            reasons.add("the value has no field for the column " + String.join(", ", missing)
                    + ", which has no default");
        }
        throw mismatch(settings, "the record and table " + table.table().name() + " do not match: "
                + String.join("; ", reasons));
    }

    private static int[] order(List<ColumnFormat> columns, List<ColumnFormat> key) {
        List<Integer> order = new ArrayList<>();
        for (ColumnFormat column : key) {
            if (columns.contains(column)) {
                order.add(columns.indexOf(column));
            }
        }
        for (int index = 0; index < columns.size(); index++) {
            if (columns.get(index) != null && !key.contains(columns.get(index))) {
                order.add(index);
            }
        }
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    /** A value without the field is not meant for this table: a bad record, whatever mismatch.mode is. */
    private static void checkField(List<String> names, RecordSettings settings) {
        if (settings.keyMustEqual() != null && !names.contains(settings.keyMustEqual())) {
            throw new DataException("the value has no field " + settings.keyMustEqual()
                    + ", which must equal the key (key.must.equal)");
        }
    }

    /** Returns the exception for fields and columns that do not match: it stops the task, or makes a bad record. */
    static ConnectException mismatch(RecordSettings settings, String message) {
        return settings.failOnMismatch() ? new MismatchException(message) : new DataException(message);
    }
}
