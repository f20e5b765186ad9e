package sluice.avro;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.Decimal;

/**
 * Names decimals of a fixed length as Connect does. AvroData refuses a schema with them: it takes the name of the fixed
 * type for that of the Connect schema, which is Decimal's already.
 */
final class FixedDecimals {
    private static final String CONNECT_NAME = "connect.name";

    private FixedDecimals() { }

    /** Adds Connect's name to all decimals of a fixed length that have none, and returns the schema. */
    static Schema name(Schema schema) {
        visit(schema, Collections.newSetFromMap(new IdentityHashMap<>()));
        return schema;
    }

    private static void visit(Schema schema, Set<Schema> visited) {
        if (!visited.add(schema)) {
            return;
        }
        if (schema.getType() == Schema.Type.FIXED && schema.getLogicalType() instanceof LogicalTypes.Decimal
                && schema.getObjectProp(CONNECT_NAME) == null) {
            schema.addProp(CONNECT_NAME, Decimal.LOGICAL_NAME);
        }
        SchemaParts.of(schema).forEach(part -> visit(part, visited));
    }
}
