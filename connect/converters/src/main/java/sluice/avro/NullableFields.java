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
 * Removes the default of every field that may be null, so that null is written as null.
 *
 * <p>AvroData reads a Struct with Struct.get, which returns the field's default in place of null: NULL in a column that
 * has a DEFAULT would be written as that default. For one thread.
 */
final class NullableFields {
    /** A source has few schemas, and keeps them. This limits the memory for one that makes a schema for each record. */
    private static final int MAX_COPIES = 1000;
    /** Structs of Debezium itself: it leaves out what has its default, such as "false" in source.snapshot. */
    private static final String DEBEZIUM_STRUCT = "io.debezium.";

    /** By identity, because two schemas that are equal are compared field by field. */
    private final Map<Schema, Schema> copies = new IdentityHashMap<>();

    /** The schema without those defaults; the same instance where it has none. */
    Schema withoutDefaults(Schema schema) {
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
        boolean map = schema.type() == Type.MAP;
        Schema copy = new ConnectSchema(schema.type(), schema.isOptional(),
                schema.isOptional() ? null : schema.defaultValue(),
                schema.name(), schema.version(), schema.doc(), schema.parameters(),
                schema.type() == Type.STRUCT ? copyOfFields(schema) : null,
                map ? withoutDefaults(schema.keySchema()) : null,
                map || schema.type() == Type.ARRAY ? withoutDefaults(schema.valueSchema()) : null);
        return copy.equals(schema) ? schema : copy;
    }

    private List<Field> copyOfFields(Schema schema) {
        if (schema.name() != null && schema.name().startsWith(DEBEZIUM_STRUCT)) {
            return schema.fields();
        }
        return schema.fields().stream()
                .map(field -> new Field(field.name(), field.index(), withoutDefaults(field.schema()))).toList();
    }

    /** The value as one of withoutDefaults(schema); throws a DataException where it is none of `schema`. */
    Object convert(Schema schema, Object value) {
        Schema copy = withoutDefaults(schema);
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
            if (value != null) { // What is null needs no put, which refuses it in a field that must have a value.
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
