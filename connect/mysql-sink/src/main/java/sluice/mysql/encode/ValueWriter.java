package sluice.mysql.encode;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.text.RowBuffer;
import sluice.mysql.text.Utf8;

/** Writes values of one schema, as Connect gives them, into one column. Not thread-safe. */
public interface ValueWriter {
    long DAY_MILLISECONDS = 86_400_000;

    /** Writes a value that is not null. */
    void write(Object value, RowBuffer row);

    static ValueWriter of(Schema schema, ColumnFormat column) {
        ScalarWriter scalar = schema.type().isPrimitive() ? ScalarWriter.of(schema, column) : null;
        switch (schema.type()) {
            case INT8, INT16, INT32, INT64:
                return ofWholeNumber(schema, scalar);
            case BOOLEAN:
                return (value, row) -> scalar.writeBoolean((Boolean) value, row);
            case FLOAT32:
                return (value, row) -> scalar.writeFloat((Float) value, row);
            case FLOAT64:
                return (value, row) -> scalar.writeDouble((Double) value, row);
            case STRING:
                Utf8 utf8 = new Utf8();
                return (value, row) -> {
                    int length = utf8.encode((String) value);
                    scalar.writeText(utf8.bytes(), 0, length, row);
                };
            case BYTES:
                return Decimal.LOGICAL_NAME.equals(schema.name())
                        ? (value, row) -> column.writeDecimal((BigDecimal) value, row)
                        : (value, row) -> writeBytes(value, scalar, row);
            case STRUCT:
                return ofStruct(schema, column);
            default:
                return JsonPlan.of(schema, column);
        }
    }

    private static ValueWriter ofWholeNumber(Schema schema, ScalarWriter scalar) {
        String name = schema.name() == null ? "" : schema.name();
        switch (name) {
            case org.apache.kafka.connect.data.Date.LOGICAL_NAME:
                return (value, row) -> scalar.writeLong(value instanceof Date date
                        ? Math.floorDiv(date.getTime(), DAY_MILLISECONDS) : ((Number) value).longValue(), row);
            case org.apache.kafka.connect.data.Time.LOGICAL_NAME, org.apache.kafka.connect.data.Timestamp.LOGICAL_NAME:
                return (value, row) -> scalar.writeLong(
                        value instanceof Date date ? date.getTime() : ((Number) value).longValue(), row);
            default:
                return (value, row) -> scalar.writeLong(((Number) value).longValue(), row);
        }
    }

    private static ValueWriter ofStruct(Schema schema, ColumnFormat column) {
        String name = schema.name() == null ? "" : schema.name();
        switch (name) {
            case "io.debezium.data.VariableScaleDecimal":
                return (value, row) -> {
                    Struct number = (Struct) value;
                    byte[] unscaled = bytes(number.get("value"));
                    Integer scale = number.getInt32("scale");
                    if (scale == null || unscaled.length == 0) {
                        throw column.refuse("a decimal without its scale or digits");
                    }
                    column.writeDecimal(new BigDecimal(new BigInteger(unscaled), scale), row);
                };
            case "io.debezium.data.geometry.Geometry", "io.debezium.data.geometry.Geography",
                    "io.debezium.data.geometry.Point":
                return (value, row) -> {
                    Struct geometry = (Struct) value;
                    Integer srid = geometry.getInt32("srid");
                    byte[] wkb = bytes(geometry.get("wkb"));
                    column.writeGeometry(srid == null ? 0 : srid, wkb, 0, wkb.length, row);
                };
            case "io.confluent.connect.avro.Union":
                return ofUnion(schema, column);
            default:
                return JsonPlan.of(schema, column);
        }
    }

    /** A union of Avro: a field for each branch, one of which is not null. */
    private static ValueWriter ofUnion(Schema schema, ColumnFormat column) {
        Field[] fields = schema.fields().toArray(new Field[0]);
        ValueWriter[] writers = schema.fields().stream()
                .map(field -> of(field.schema(), column)).toArray(ValueWriter[]::new);
        return (value, row) -> {
            for (int index = 0; index < fields.length; index++) {
                Object branch = ((Struct) value).get(fields[index]);
                if (branch != null) {
                    writers[index].write(branch, row);
                    return;
                }
            }
            column.writeNull(row);
        };
    }

    static void writeBytes(Object value, ScalarWriter scalar, RowBuffer row) {
        if (value instanceof ByteBuffer buffer && buffer.hasArray()) {
            scalar.writeBytes(buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining(), row);
        } else {
            byte[] bytes = bytes(value);
            scalar.writeBytes(bytes, 0, bytes.length, row);
        }
    }

    /** Returns the bytes of a byte[] or a ByteBuffer. */
    static byte[] bytes(Object value) {
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
        throw new DataException("bytes are expected, not " + (value == null ? "null" : value.getClass().getName()));
    }
}
