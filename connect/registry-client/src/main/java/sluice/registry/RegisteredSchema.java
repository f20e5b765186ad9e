package sluice.registry;

import java.util.List;
import org.apache.kafka.connect.errors.DataException;

/**
 * A schema of the registry: its id, its type (AVRO, PROTOBUF or another that the registry names), its text, and the
 * schemas that it imports.
 */
public record RegisteredSchema(int id, String type, String text, List<Reference> references) {
    public static final String AVRO = "AVRO";
    public static final String PROTOBUF = "PROTOBUF";

    /** An imported schema: the name by which the text imports it, and where the registry has it. */
    public record Reference(String name, String subject, int version) { }

    public RegisteredSchema(int id, String type, String text) {
        this(id, type, text, List.of());
    }

    /** Throws a DataException if the schema is of another type; `name` is the type's name for people. */
    public void requireType(String expected, String name) {
        if (!type.equals(expected)) {
            throw new DataException("the schema with the id " + id + " is " + type + ", not " + name);
        }
    }
}
