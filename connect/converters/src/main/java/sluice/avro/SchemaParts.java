package sluice.avro;

import java.util.List;
import org.apache.avro.Schema;

/** The schemas that a schema is made of. */
public final class SchemaParts {
    private SchemaParts() { }

    /** Returns the schemas of a record's fields, a union's branches, an array's items or a map's values, in order. */
    public static List<Schema> of(Schema schema) {
        return switch (schema.getType()) {
            case RECORD -> schema.getFields().stream().map(Schema.Field::schema).toList();
            case UNION -> schema.getTypes();
            case ARRAY -> List.of(schema.getElementType());
            case MAP -> List.of(schema.getValueType());
            default -> List.of();
        };
    }
}
