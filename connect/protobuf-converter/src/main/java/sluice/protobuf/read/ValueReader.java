package sluice.protobuf.read;

import java.util.function.Function;
import org.apache.kafka.connect.data.Schema;

/** Converts the values of a field from protobuf-java's types to Connect's. */
interface ValueReader {
    /** Returns the schema of the converted values. */
    Schema schema();

    /** Returns the value for Connect; throws a DataException if it is invalid or Connect's type cannot hold it. */
    Object read(Object value);

    static ValueReader of(Schema schema, Function<Object, Object> conversion) {
        return new ValueReader() {
            @Override
            public Schema schema() {
                return schema;
            }

            @Override
            public Object read(Object value) {
                return conversion.apply(value);
            }
        };
    }
}
