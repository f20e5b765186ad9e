package sluice.mysql.avro;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import sluice.mysql.column.ColumnFormat;

/** Writes values of a union: each branch as its own type, into the same column. */
final class AvroUnion {
    private static final Schema NULL = Schema.create(Schema.Type.NULL);

    private AvroUnion() { }

    /** Returns the index of null in a union of null and one type, which AvroData makes an optional schema; else -1. */
    static int nullIndex(Schema schema) {
        boolean isPair = schema.getType() == Schema.Type.UNION && schema.getTypes().size() == 2;
        return isPair ? schema.getTypes().indexOf(NULL) : -1;
    }

    /** Returns the writer; null for branches that AvroData does not tell apart. */
    static AvroWriter of(Schema avro, org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        int nullIndex = nullIndex(avro);
        if (nullIndex < 0) {
            return ofBranches(avro, connect, column);
        }
        AvroWriter value = AvroWriter.of(avro.getTypes().get(1 - nullIndex), connect, column);
        return value == null ? null : (in, row) -> {
            if (in.readIndex(2) == nullIndex) {
                column.writeNull(row);
            } else {
                value.write(in, row);
            }
        };
    }

    /** AvroData makes a struct of the union, with a field for each branch but null. */
    private static AvroWriter ofBranches(Schema avro, org.apache.kafka.connect.data.Schema connect,
                                         ColumnFormat column) {
        List<Schema> types = avro.getTypes();
        if (!isDistinct(types, connect)) {
            return null;
        }
        AvroWriter[] writers = new AvroWriter[types.size()];
        int field = 0;
        for (int index = 0; index < writers.length; index++) {
            boolean isNull = types.get(index).getType() == Schema.Type.NULL;
            writers[index] = isNull ? (in, row) -> column.writeNull(row)
                    : AvroWriter.of(types.get(index), connect.fields().get(field++).schema(), column);
            if (writers[index] == null) {
                return null;
            }
        }
        return (in, row) -> writers[in.readIndex(writers.length)].write(in, row);
    }

    /**
     * Returns true if AvroData finds the branch of a value by its Java type: it takes bytes for any branch of bytes,
     * finds none for INT8 and INT16, nor for a map that is an array of entries, and compares records by their Connect
     * schemas.
     */
    private static boolean isDistinct(List<Schema> types, org.apache.kafka.connect.data.Schema connect) {
        Set<org.apache.kafka.connect.data.Schema.Type> connectTypes = new HashSet<>();
        int field = 0;
        for (Schema type : types) {
            if (type.getType() != Schema.Type.NULL) {
                org.apache.kafka.connect.data.Schema one = connect.fields().get(field++).schema();
                boolean isFound = switch (one.type()) {
                    case INT8, INT16 -> false;
                    case MAP -> type.getType() == Schema.Type.MAP;
                    case STRING -> true; // Enums have the name of their schema, and are no CharSequence.
                    default -> connectTypes.add(one.type());
                };
                if (!isFound) {
                    return false;
                }
            }
        }
        return true;
    }
}
