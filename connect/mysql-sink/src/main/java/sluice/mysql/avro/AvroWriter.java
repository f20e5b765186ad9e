package sluice.mysql.avro;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema.Type;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import sluice.avro.AvroInput;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.encode.ScalarWriter;
import sluice.mysql.text.RowBuffer;

/**
 * Reads a value from Avro's bytes and writes it into one column, as a ValueWriter writes what AvroConverter makes of
 * it. What AvroConverter would change without a word is refused: text that is not UTF-8, and a number too large for the
 * 8 or 16 bits that its schema names.
 */
interface AvroWriter {
    long DAY_MILLISECONDS = 86_400_000;

    /** Moves to the end of the value. Throws a DataException if it is invalid, or the column cannot hold it. */
    void write(AvroInput in, RowBuffer row);

    /**
     * Returns the writer for values of an Avro schema, of which AvroData has made a Connect schema. Returns null for
     * what is rare and treated by AvroData in its own way: Debezium's structs, maps whose keys are not text, and unions
     * whose branches AvroData does not tell apart.
     */
    static AvroWriter of(Schema avro, org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        if (avro.getType() == Schema.Type.UNION) {
            return AvroUnion.of(avro, connect, column);
        }
        if (!isNamedRightly(connect)) {
            return (in, row) -> {
                throw in.invalid("Invalid type for " + connect.name() + ": " + connect.type());
            };
        }
        return switch (avro.getType()) {
            case BOOLEAN -> (in, row) -> column.writeBoolean(in.readBoolean(), row);
            case FLOAT -> (in, row) -> column.writeFloat(in.readFloat(), row);
            case DOUBLE -> (in, row) -> column.writeDouble(in.readDouble(), row);
            case INT -> ofInt(connect, ScalarWriter.of(connect, column));
            case LONG -> ofLong(ScalarWriter.of(connect, column));
            case STRING -> ofText(ScalarWriter.of(connect, column));
            case ENUM -> ofEnum(avro, ScalarWriter.of(connect, column));
            case BYTES, FIXED -> ofBytes(avro, connect, column);
            default -> AvroJson.of(avro, connect, column);
        };
    }

    /** Returns false if the schema has the name of a logical type of Connect, but not its type. */
    private static boolean isNamedRightly(org.apache.kafka.connect.data.Schema connect) {
        return switch (connect.name() == null ? "" : connect.name()) {
            case Date.LOGICAL_NAME, Time.LOGICAL_NAME -> connect.type() == Type.INT32;
            case Timestamp.LOGICAL_NAME -> connect.type() == Type.INT64;
            case Decimal.LOGICAL_NAME -> connect.type() == Type.BYTES
                    && connect.parameters() != null && connect.parameters().containsKey(Decimal.SCALE_FIELD);
            default -> true;
        };
    }

    private static AvroWriter ofInt(org.apache.kafka.connect.data.Schema connect, ScalarWriter scalar) {
        if (Time.LOGICAL_NAME.equals(connect.name())) {
            return ofBounded(0, DAY_MILLISECONDS, scalar); // As Connect's Time.toLogical checks it
        }
        return switch (connect.type()) {
            case INT8 -> ofBounded(Byte.MIN_VALUE, Byte.MAX_VALUE, scalar);
            case INT16 -> ofBounded(Short.MIN_VALUE, Short.MAX_VALUE, scalar);
            default -> (in, row) -> scalar.writeLong(in.readInt(), row);
        };
    }

    private static AvroWriter ofBounded(long min, long max, ScalarWriter scalar) {
        return (in, row) -> {
            int value = in.readInt();
            if (value < min || value > max) {
                throw in.invalid(value + " is not between " + min + " and " + max);
            }
            scalar.writeLong(value, row);
        };
    }

    private static AvroWriter ofLong(ScalarWriter scalar) {
        return (in, row) -> scalar.writeLong(in.readLong(), row);
    }

    private static AvroWriter ofText(ScalarWriter scalar) {
        return (in, row) -> {
            int length = in.readText();
            scalar.writeText(in.bytes(), in.skip(length), length, row);
        };
    }

    private static AvroWriter ofEnum(Schema avro, ScalarWriter scalar) {
        byte[][] symbols = avro.getEnumSymbols().stream()
                .map(symbol -> symbol.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
        return (in, row) -> {
            byte[] symbol = symbols[in.readIndex(symbols.length)];
            scalar.writeText(symbol, 0, symbol.length, row);
        };
    }

    private static AvroWriter ofBytes(Schema avro, org.apache.kafka.connect.data.Schema connect, ColumnFormat column) {
        int size = avro.getType() == Schema.Type.FIXED ? avro.getFixedSize() : -1;
        if (Decimal.LOGICAL_NAME.equals(connect.name())) {
            int scale = Integer.parseInt(connect.parameters().get(Decimal.SCALE_FIELD));
            return (in, row) -> column.writeDecimal(readDecimal(in, size < 0 ? in.readLength() : size, scale), row);
        }
        ScalarWriter scalar = ScalarWriter.of(connect, column);
        return (in, row) -> {
            int length = size < 0 ? in.readLength() : size;
            scalar.writeBytes(in.bytes(), in.skip(length), length, row);
        };
    }

    private static BigDecimal readDecimal(AvroInput in, int length, int scale) {
        int start = in.skip(length);
        if (length == 0) {
            throw in.invalid("a decimal of no bytes");
        }
        if (length > Long.BYTES) {
            return new BigDecimal(new BigInteger(in.bytes(), start, length), scale);
        }
        long unscaled = in.bytes()[start];
        for (int index = start + 1; index < start + length; index++) {
            unscaled = unscaled << Byte.SIZE | in.bytes()[index] & 0xff;
        }
        return BigDecimal.valueOf(unscaled, scale);
    }
}
