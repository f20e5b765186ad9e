package sluice.mysql.encode;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import sluice.mysql.column.BinaryFormat;
import sluice.mysql.column.ColumnFormat;
import sluice.mysql.column.DateText;
import sluice.mysql.column.TimeFormat;
import sluice.mysql.text.RowBuffer;

/**
 * Writes the values of a scalar schema into a column as its logical type means them: Connect's and Debezium's. A value
 * is given raw, as the schema's type stores it: days, milliseconds, a decimal's bytes.
 */
public final class ScalarWriter {
    private static final long NANOSECONDS = DateText.NANOSECONDS;

    private final ColumnFormat column;
    private final Meaning meaning;
    private final int scale;

    private ScalarWriter(ColumnFormat column, Meaning meaning, int scale) {
        this.column = column;
        this.meaning = meaning;
        this.scale = scale;
    }

    public static ScalarWriter of(Schema schema, ColumnFormat column) {
        Meaning meaning = Meaning.of(schema);
        if (meaning != Meaning.DECIMAL) {
            return new ScalarWriter(column, meaning, 0);
        }
        String scale = schema.parameters() == null ? null : schema.parameters().get(Decimal.SCALE_FIELD);
        try {
            return new ScalarWriter(column, meaning, Integer.parseInt(scale));
        } catch (NumberFormatException error) {
            return new ScalarWriter(column, Meaning.DECIMAL_WITHOUT_SCALE, 0);
        }
    }

    void writeBoolean(boolean value, RowBuffer row) {
        column.writeBoolean(value, row);
    }

    public void writeLong(long raw, RowBuffer row) {
        switch (meaning) {
            case DAYS:
                column.writeDate(raw, row);
                break;
            case MILLISECONDS_OF_DAY:
                column.writeTime(multiply(raw, 1_000_000), row);
                break;
            case MICROSECONDS_OF_DAY:
                column.writeTime(multiply(raw, 1_000), row);
                break;
            case NANOSECONDS_OF_DAY:
                column.writeTime(raw, row);
                break;
            case EPOCH_MILLISECONDS:
                writeInstant(raw, 1_000, row);
                break;
            case EPOCH_MICROSECONDS:
                writeInstant(raw, 1_000_000, row);
                break;
            case EPOCH_NANOSECONDS:
                writeInstant(raw, NANOSECONDS, row);
                break;
            default:
                column.writeLong(raw, row);
        }
    }

    private long multiply(long raw, long factor) {
        if (raw > Long.MAX_VALUE / factor || raw < Long.MIN_VALUE / factor) {
            throw column.cannotHold(raw, "it is out of range for a time of day");
        }
        return raw * factor;
    }

    private void writeInstant(long raw, long unitsPerSecond, RowBuffer row) {
        int nanoseconds = (int) (Math.floorMod(raw, unitsPerSecond) * (NANOSECONDS / unitsPerSecond));
        column.writeTimestamp(Math.floorDiv(raw, unitsPerSecond), nanoseconds, row);
    }

    void writeFloat(float value, RowBuffer row) {
        column.writeFloat(value, row);
    }

    void writeDouble(double value, RowBuffer row) {
        column.writeDouble(value, row);
    }

    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        if (meaning == Meaning.JSON) {
            column.writeJson(utf8, start, length, row);
        } else if (meaning == Meaning.ZONED_TIME && column instanceof TimeFormat) {
            writeZonedTime(new String(utf8, start, length, StandardCharsets.UTF_8), row);
        } else if (meaning == Meaning.INTERVAL && column instanceof TimeFormat) {
            writeInterval(new String(utf8, start, length, StandardCharsets.UTF_8), row);
        } else {
            column.writeText(utf8, start, length, row);
        }
    }

    private void writeZonedTime(String text, RowBuffer row) {
        try {
            OffsetTime time = OffsetTime.parse(text);
            if (time.getOffset().equals(ZoneOffset.UTC)) {
                column.writeTime(time.toLocalTime().toNanoOfDay(), row);
                return;
            }
        } catch (DateTimeException error) {
            // Said below.
        }
        throw column.cannotHold('"' + text + '"', "it is not a time in UTC such as 23:59:59.999Z");
    }

    private void writeInterval(String text, RowBuffer row) {
        long nanoseconds;
        try {
            nanoseconds = Duration.parse(text).toNanos();
        } catch (DateTimeException | ArithmeticException error) {
            throw column.cannotHold('"' + text + '"', "it is not a duration of days, hours, minutes and seconds");
        }
        column.writeTime(nanoseconds, row);
    }

    public void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        if (meaning == Meaning.DECIMAL_WITHOUT_SCALE) {
            throw column.refuse("a decimal whose schema has no scale");
        } else if (meaning == Meaning.DECIMAL) {
            column.writeDecimal(new BigDecimal(new BigInteger(value, start, length), scale), row);
        } else if (meaning == Meaning.BITS && !(column instanceof BinaryFormat)) {
            column.writeDecimal(new BigDecimal(number(value, start, length)), row);
        } else {
            column.writeBytes(value, start, length, row);
        }
    }

    /** Returns the number that bits are, which Debezium gives with the lowest byte first. */
    private static BigInteger number(byte[] bits, int start, int length) {
        byte[] highestFirst = new byte[length];
        for (int index = 0; index < length; index++) {
            highestFirst[length - 1 - index] = bits[start + index];
        }
        return new BigInteger(1, highestFirst);
    }

    private enum Meaning {
        PLAIN, DAYS, MILLISECONDS_OF_DAY, MICROSECONDS_OF_DAY, NANOSECONDS_OF_DAY, EPOCH_MILLISECONDS,
        EPOCH_MICROSECONDS, EPOCH_NANOSECONDS, DECIMAL, DECIMAL_WITHOUT_SCALE, JSON, BITS, ZONED_TIME, INTERVAL;

        static Meaning of(Schema schema) {
            String name = schema.name() == null ? "" : schema.name();
            switch (name) {
                case org.apache.kafka.connect.data.Date.LOGICAL_NAME, "io.debezium.time.Date":
                    return DAYS;
                case org.apache.kafka.connect.data.Time.LOGICAL_NAME, "io.debezium.time.Time":
                    return MILLISECONDS_OF_DAY;
                case "io.debezium.time.MicroTime", "io.debezium.time.MicroDuration":
                    return MICROSECONDS_OF_DAY;
                case "io.debezium.time.NanoTime", "io.debezium.time.NanoDuration":
                    return NANOSECONDS_OF_DAY;
                case org.apache.kafka.connect.data.Timestamp.LOGICAL_NAME, "io.debezium.time.Timestamp":
                    return EPOCH_MILLISECONDS;
                case "io.debezium.time.MicroTimestamp":
                    return EPOCH_MICROSECONDS;
                case "io.debezium.time.NanoTimestamp":
                    return EPOCH_NANOSECONDS;
                case Decimal.LOGICAL_NAME:
                    return DECIMAL;
                case "io.debezium.data.Json":
                    return JSON;
                case "io.debezium.data.Bits":
                    return BITS;
                case "io.debezium.time.ZonedTime":
                    return ZONED_TIME;
                case "io.debezium.time.Interval":
                    return INTERVAL;
                default:
                    return PLAIN;
            }
        }
    }
}
