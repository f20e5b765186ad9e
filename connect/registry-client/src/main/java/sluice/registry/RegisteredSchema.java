package sluice.registry;

import org.apache.kafka.connect.errors.DataException;

/** A schema of the registry: its id, its type (AVRO, PROTOBUF or another that the registry names), its text. */
public record RegisteredSchema(int id, String type, String text) {
    public static final String AVRO = "AVRO";
    public static final String PROTOBUF = "PROTOBUF";

    /** Throws a DataException if the schema is of another type; `name` is the type's name for people. */
    public void requireType(String expected, String name) {
        if (!type.equals(expected)) {
            throw new DataException("the schema with the id " + id + " is " + type + ", not " + name);
        }
    }
}
