package sluice.mysql;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import org.apache.avro.Schema;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.errors.DataException;

/**
 * Chooses how a value goes from Avro's bytes into a column, by its Avro schema and the Connect schema that AvroConverter
 * makes of it. What AvroConverter would change without a word is refused: text that is not UTF-8, and a number too large
 * for the 8 or 16 bits that the schema names.
 */
final class AvroWriters {
    private AvroWriters() { }

    /** Returns the writer for values of a type that is not a union; null for what has to be a JSON document. */
    static AvroField.Writer of(Schema avro, org.apache.kafka.connect.data.Schema connect, ColumnFormat format) {
        return switch (avro.getType()) {
            case BOOLEAN -> (in, row) -> format.writeBoolean(in.readBoolean(), row);
            case FLOAT -> (in, row) -> format.writeFloat(in.readFloat(), row);
            case DOUBLE -> (in, row) -> format.writeDouble(in.readDouble(), row);
            case INT -> ofInt(connect, format);
            case LONG -> ofLong(connect, format);
            case STRING -> (in, row) -> {
                int length = in.readText();
                format.writeText(in.bytes(), in.skip(length), length, row);
            };
            case ENUM -> ofEnum(avro, format);
            case BYTES -> ofBytes(connect, format);
            case FIXED -> ofFixed(avro.getFixedSize(), connect, format);
            default -> null;
        };
    }

    private static AvroField.Writer ofInt(org.apache.kafka.connect.data.Schema connect, ColumnFormat format) {
        RawKind kind = RawKind.of(connect);
        return switch (connect.type()) {
            case INT8 -> (in, row) -> kind.write(bounded(in, Byte.MIN_VALUE, Byte.MAX_VALUE), format, row);
            case INT16 -> (in, row) -> kind.write(bounded(in, Short.MIN_VALUE, Short.MAX_VALUE), format, row);
            default -> kind == RawKind.PLAIN
                    ? (in, row) -> format.writeLong(in.readInt(), row)
                    : (in, row) -> kind.write(in.readInt(), format, row);
        };
    }

    private static int bounded(AvroInput in, int min, int max) {
        int value = in.readInt();
        if (value < min || value > max) {
            throw in.invalid(value + " is not between " + min + " and " + max);
        }
        return value;
    }

    private static AvroField.Writer ofLong(org.apache.kafka.connect.data.Schema connect, ColumnFormat format) {
        RawKind kind = RawKind.of(connect);
        return kind == RawKind.PLAIN
                ? (in, row) -> format.writeLong(in.readLong(), row)
                : (in, row) -> kind.write(in.readLong(), format, row);
    }

    private static AvroField.Writer ofEnum(Schema avro, ColumnFormat format) {
        byte[][] symbols = avro.getEnumSymbols().stream()
                .map(symbol -> symbol.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
        return (in, row) -> {
            byte[] symbol = symbols[in.readIndex(symbols.length)];
            format.writeText(symbol, 0, symbol.length, row);
        };
    }

    private static AvroField.Writer ofBytes(org.apache.kafka.connect.data.Schema connect, ColumnFormat format) {
        if (Decimal.LOGICAL_NAME.equals(connect.name())) {
            int scale = scale(connect);
            return (in, row) -> writeDecimal(in, in.readLength(), scale, format, row);
        }
        return (in, row) -> {
            int length = in.readLength();
            format.writeBytes(in.bytes(), in.skip(length), length, row);
        };
    }

    private static AvroField.Writer ofFixed(int size, org.apache.kafka.connect.data.Schema connect, ColumnFormat format) {
        if (Decimal.LOGICAL_NAME.equals(connect.name())) {
            int scale = scale(connect);
            return (in, row) -> writeDecimal(in, size, scale, format, row);
        }
        return (in, row) -> format.writeBytes(in.bytes(), in.skip(size), size, row);
    }

    private static int scale(org.apache.kafka.connect.data.Schema connect) {
        String scale = connect.parameters() == null ? null : connect.parameters().get(Decimal.SCALE_FIELD);
        if (scale == null) {
            throw new DataException("Invalid Decimal schema: scale parameter not found.");
        }
        return Integer.parseInt(scale);
    }

    private static void writeDecimal(AvroInput in, int length, int scale, ColumnFormat format, RowBuffer row) {
        if (length == 0) {
            throw in.invalid("a decimal of no bytes");
        }
        int start = in.skip(length);
        BigDecimal value;
        if (length <= Long.BYTES) {
            long unscaled = in.bytes()[start];
            for (int index = 1; index < length; index++) {
                unscaled = unscaled << Byte.SIZE | in.bytes()[start + index] & 0xff;
            }
            value = BigDecimal.valueOf(unscaled, scale);
        } else {
            value = new BigDecimal(new BigInteger(in.bytes(), start, length), scale);
        }
        format.writeDecimal(value, row);
    }
}
