package sluice.mysql.encode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.config.RecordSettings;
import sluice.mysql.text.RowBuffer;

/** Encodes record keys as the fields of the primary key (pk.mode=record_key). Not thread-safe. */
final class KeyEncoder {
    /** A converter or a transform may make a new schema object for each record. */
    private static final int MAX_PLANS = 1_000;

    private final TableColumns table;
    private final RecordSettings settings;
    private final ColumnFormat[] columns;
    private final Map<Schema, KeyPlan> plans = new IdentityHashMap<>();
    private final DynamicValue dynamic = new DynamicValue();
    private Schema lastSchema;
    private KeyPlan last;

    KeyEncoder(TableColumns table, RecordSettings settings) {
        this.table = table;
        this.settings = settings;
        columns = table.primaryKey().toArray(new ColumnFormat[0]);
    }

    /** Writes the primary key's fields, with tabs between them; throws a DataException for a key that does not fit. */
    void encode(Schema schema, Object key, RowBuffer row) {
        if (key == null) {
            throw new DataException("the record has no key, and pk.mode is record_key");
        }
        if (key instanceof Map<?, ?> map) {
            encodeMap(map, row);
        } else if (schema == null) {
            checkSingle();
            write(0, key, null, row);
        } else {
            if (schema != lastSchema) {
                last = planned(schema);
                lastSchema = schema;
            }
            for (int index = 0; index < columns.length; index++) {
                if (index > 0) {
                    row.separator();
                }
                Object field = last.fields == null ? key : ((Struct) key).getWithoutDefault(last.fields[index].name());
                write(index, field, last.writers[index], row);
            }
        }
    }

    private void write(int index, Object value, ValueWriter writer, RowBuffer row) {
        int start = row.size();
        if (value == null) {
            throw new DataException("the key has no value for column " + columns[index].column().name());
        } else if (writer == null) {
            dynamic.write(value, columns[index], row);
        } else {
            writer.write(value, row);
        }
        if (value instanceof String text && !columns[index].keepsText()) {
            checkSpelling(text, columns[index], start, row);
        }
    }

    /** Refuses "007" for the number 7: another spelling is another key for Kafka, in a partition of its own. */
    private static void checkSpelling(String text, ColumnFormat column, int start, RowBuffer row) {
        int length = row.size() - start;
        boolean same = text.length() == length;
        for (int index = 0; same && index < length; index++) {
            same = text.charAt(index) == row.bytes()[start + index];
        }
        if (!same) {
            throw column.cannotHold('"' + text + '"', "as a key it must be written "
                    + new String(row.bytes(), start, length, StandardCharsets.UTF_8)
                    + ", so that all records of a row are in one partition, in order");
        }
    }

    private void checkSingle() {
        if (columns.length != 1) {
            throw new DataException("the key is a single value, and the primary key of table " + table.table().name()
                    + " has the columns " + String.join(", ", table.table().primaryKey()));
        }
    }

    private KeyPlan planned(Schema schema) {
        KeyPlan planned = plans.get(schema);
        if (planned == null) {
            planned = plan(schema);
            if (plans.size() >= MAX_PLANS) {
                plans.clear();
            }
            plans.put(schema, planned);
        }
        return planned;
    }

    private KeyPlan plan(Schema schema) {
        if (schema.type() != Schema.Type.STRUCT) {
            checkSingle();
            return new KeyPlan(null, new ValueWriter[] {ValueWriter.of(schema, columns[0])});
        }
        Field[] fields = new Field[columns.length];
        List<String> unknown = new ArrayList<>();
        for (Field field : schema.fields()) {
            int index = indexOf(field.name());
            if (index < 0) {
                unknown.add(field.name());
            } else {
                fields[index] = field;
            }
        }
        ValueWriter[] writers = new ValueWriter[columns.length];
        for (int index = 0; index < columns.length; index++) {
            if (fields[index] == null || !unknown.isEmpty()) {
                throw mismatch(schema.fields().stream().map(Field::name).toList());
            }
            writers[index] = ValueWriter.of(fields[index].schema(), columns[index]);
        }
        return new KeyPlan(fields, writers);
    }

    private void encodeMap(Map<?, ?> map, RowBuffer row) {
        Object[] values = new Object[columns.length];
        map.forEach((name, value) -> {
            int index = name instanceof String text ? indexOf(text) : -1;
            if (index < 0 || map.size() != columns.length) {
                throw mismatch(map.keySet().stream().map(String::valueOf).toList());
            }
            values[index] = value;
        });
        for (int index = 0; index < values.length; index++) {
            if (index > 0) {
                row.separator();
            }
            write(index, values[index], null, row);
        }
    }

    private int indexOf(String name) {
        ColumnFormat column = table.find(name);
        for (int index = 0; index < columns.length; index++) {
            if (columns[index] == column) {
                return index;
            }
        }
        return -1;
    }

    private RuntimeException mismatch(List<String> names) {
        return RowPlan.mismatch(settings, "the record's key has the fields " + String.join(", ", names)
                + ", and the primary key of table " + table.table().name() + " the columns "
                + String.join(", ", table.table().primaryKey()));
    }

    /** Fields of a struct in the order of the primary key; null for a single value. */
    private record KeyPlan(Field[] fields, ValueWriter[] writers) { }
}
