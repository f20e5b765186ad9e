package sluice.avro;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Schema.Type;
import org.apache.kafka.connect.data.Struct;

/**
 * Removes the defaults of optional fields from schemas and values, so that null is written as null.
 *
 * <p>AvroData reads a Struct with Struct.get, which returns the field's default instead of null: NULL in a column that
 * has a DEFAULT would be written as that default. Not thread-safe.
 */
final class NullableDefaultRemover {
    /** Limits the memory for a source that creates a schema for each record; others have few schemas and reuse them. */
    private static final int MAX_COPIES = 1000;
    /** Debezium's own structs are not changed: it omits fields that have their default, such as source.snapshot. */
    private static final String DEBEZIUM_STRUCT = "io.debezium.";

    /** By identity: comparing equal schemas compares all their fields. */
    private final Map<Schema, Schema> copies = new IdentityHashMap<>();

    /** Returns the schema without those defaults; the same instance if it has none. */
    Schema removeFrom(Schema schema) {
        if (schema == null) {
            return null;
        }
        Schema copy = copies.get(schema);
        if (copy == null) {
            copy = copy(schema);
            if (copies.size() >= MAX_COPIES) {
                copies.clear();
            }
            copies.put(schema, copy);
        }
        return copy;
    }

    private Schema copy(Schema schema) {
        boolean isMap = schema.type() == Type.MAP;
        Schema copy = new ConnectSchema(schema.type(), schema.isOptional(),
                schema.isOptional() ? null : schema.defaultValue(),
                schema.name(), schema.version(), schema.doc(), schema.parameters(),
                schema.type() == Type.STRUCT ? copyFields(schema) : null,
                isMap ? removeFrom(schema.keySchema()) : null,
                isMap || schema.type() == Type.ARRAY ? removeFrom(schema.valueSchema()) : null);
        return copy.equals(schema) ? schema : copy;
    }

    private List<Field> copyFields(Schema schema) {
        if (schema.name() != null && schema.name().startsWith(DEBEZIUM_STRUCT)) {
            return schema.fields();
        }
        return schema.fields().stream()
                .map(field -> new Field(field.name(), field.index(), removeFrom(field.schema()))).toList();
    }

    /** Converts a value of `schema` to removeFrom(schema); throws a DataException if it does not match `schema`. */
    Object convert(Schema schema, Object value) {
        Schema copy = removeFrom(schema);
        if (copy == schema || value == null) {
            return value;
        }
        ConnectSchema.validateValue(schema, value);
        return convert(schema, copy, value);
    }

    private static Object convert(Schema from, Schema to, Object value) {
        if (from == to || value == null) {
            return value;
        }
        return switch (to.type()) {
            case STRUCT -> convertStruct(from, to, (Struct) value);
            case ARRAY -> convertArray(from.valueSchema(), to.valueSchema(), (List<?>) value);
            case MAP -> convertMap(from, to, (Map<?, ?>) value);
            default -> value;
        };
    }

    private static Struct convertStruct(Schema from, Schema to, Struct struct) {
        Struct converted = new Struct(to);
        for (Field field : from.fields()) {
            Object value = struct.getWithoutDefault(field.name());
            if (value != null) { // put rejects null for a required field; an unset field is null anyway.
                Field target = to.field(field.name());
                converted.put(target, convert(field.schema(), target.schema(), value));
            }
        }
        return converted;
    }

    private static List<Object> convertArray(Schema from, Schema to, List<?> values) {
        List<Object> converted = new ArrayList<>(values.size());
        values.forEach(value -> converted.add(convert(from, to, value)));
        return converted;
    }

    private static Map<Object, Object> convertMap(Schema from, Schema to, Map<?, ?> values) {
        Map<Object, Object> converted = new HashMap<>();
        values.forEach((key, value) -> converted.put(convert(from.keySchema(), to.keySchema(), key),
                convert(from.valueSchema(), to.valueSchema(), value)));
        return converted;
    }
}
