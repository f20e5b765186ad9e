package sluice.mysql.encode;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.JsonElement;
import sluice.mysql.text.JsonWriter;
import sluice.mysql.text.RowBuffer;

/** Writes structs, lists and maps of one schema as JSON documents, planned once. */
final class JsonPlan {
    private JsonPlan() { }

    /** Returns the writer of a nested schema into a column, or into a document that is being written. */
    static ValueWriter of(Schema schema, ColumnFormat column) {
        if (column instanceof JsonElement element) {
            return inside(schema, element);
        }
        JsonWriter json = new JsonWriter();
        ValueWriter document = inside(schema, new JsonElement(column.column(), json));
        return (value, row) -> {
            json.reset();
            document.write(value, row);
            column.writeJson(json.bytes(), 0, json.size(), row);
        };
    }

    private static ValueWriter inside(Schema schema, JsonElement element) {
        switch (schema.type()) {
            case STRUCT:
                return new StructWriter(schema, element);
            case ARRAY:
                return ofArray(ValueWriter.of(schema.valueSchema(), element), element);
            default:
                return ofMap(ValueWriter.of(schema.valueSchema(), element), element);
        }
    }

    /** Planned with the first value, because a schema may contain itself. */
    private static final class StructWriter implements ValueWriter {
        private final List<Field> fields;
        private final JsonElement element;
        private ValueWriter[] writers;

        StructWriter(Schema schema, JsonElement element) {
            fields = schema.fields();
            this.element = element;
        }

        @Override
        public void write(Object value, RowBuffer row) {
            element.json().beginObject();
            if (writers == null) {
                writers = fields.stream()
                        .map(field -> ValueWriter.of(field.schema(), element)).toArray(ValueWriter[]::new);
            }
            for (int index = 0; index < writers.length; index++) {
                String name = fields.get(index).name();
                element.json().name(name);
                writeOrNull(((Struct) value).getWithoutDefault(name), writers[index], element, row);
            }
            element.json().endObject();
        }
    }

    private static ValueWriter ofArray(ValueWriter item, JsonElement element) {
        return (value, row) -> {
            element.json().beginArray();
            for (Object one : (Iterable<?>) value) {
                writeOrNull(one, item, element, row);
            }
            element.json().endArray();
        };
    }

    private static ValueWriter ofMap(ValueWriter item, JsonElement element) {
        return (value, row) -> {
            element.json().beginObject();
            for (Map.Entry<String, Object> entry : sorted((Map<?, ?>) value, element).entrySet()) {
                element.json().name(entry.getKey());
                writeOrNull(entry.getValue(), item, element, row);
            }
            element.json().endObject();
        };
    }

    private static void writeOrNull(Object value, ValueWriter writer, JsonElement element, RowBuffer row) {
        if (value == null) {
            element.writeNull(row);
        } else {
            writer.write(value, row);
        }
    }

    /** Returns a map's entries in the order of their names, so that equal maps are equal documents. */
    static Map<String, Object> sorted(Map<?, ?> map, ColumnFormat column) {
        Map<String, Object> sorted = new TreeMap<>();
        map.forEach((key, value) -> {
            if (!(key instanceof String || key instanceof Boolean || key instanceof Byte || key instanceof Short
                    || key instanceof Integer || key instanceof Long)) {
                throw column.cannotHold("a map with the key " + key, "in JSON keys are text");
            }
            sorted.put(key.toString(), value);
        });
        return sorted;
    }
}
