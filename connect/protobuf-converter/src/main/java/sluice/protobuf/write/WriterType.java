package sluice.protobuf.write;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.errors.DataException;
import sluice.protobuf.read.ReaderFactory;
import sluice.protobuf.schema.StandardFiles;

/**
 * How a Connect type that is not a struct, list or map is written.
 *
 * @param name the type in the .proto file
 * @param file the file to import for it; null if it is a scalar
 * @param options text after the field's number, such as a decimal's scale
 * @param convert from Connect's value to protobuf-java's
 */
record WriterType(String name, String file, String options, UnaryOperator<Object> convert) {
    private static final long UINT32_MAX = 0xffff_ffffL;
    private static final int UINT64_BITS = 64;
    private static final int DAY_SECONDS = 86_400;
    private static final long DAY_MILLIS = 1_000L * DAY_SECONDS;
    private static final int MILLI_NANOS = 1_000_000;
    private static final int MICRO_NANOS = 1_000;
    private static final long SECOND_NANOS = 1_000_000_000;
    private static final String DEBEZIUM = "io.debezium.time.";

    /** Types by the schema's name. The others are written by what they are for Connect, without the name. */
    private static final Map<String, WriterType> NAMED = Map.ofEntries(
            Map.entry(org.apache.kafka.connect.data.Timestamp.LOGICAL_NAME,
                    timestamp(value -> ((java.util.Date) value).getTime(), MILLI_NANOS)),
            Map.entry(DEBEZIUM + "Timestamp", timestamp(value -> (Long) value, MILLI_NANOS)),
            Map.entry(DEBEZIUM + "MicroTimestamp", timestamp(value -> (Long) value, MICRO_NANOS)),
            Map.entry(DEBEZIUM + "NanoTimestamp", timestamp(value -> (Long) value, 1)),
            Map.entry(DEBEZIUM + "MicroDuration", duration(MICRO_NANOS)),
            Map.entry(DEBEZIUM + "NanoDuration", duration(1)),
            Map.entry(Date.LOGICAL_NAME,
                    date(value -> Math.floorDiv(((java.util.Date) value).getTime(), DAY_MILLIS))),
            Map.entry(DEBEZIUM + "Date", date(value -> ((Integer) value).longValue())),
            Map.entry(Time.LOGICAL_NAME, timeOfDay(value -> ((java.util.Date) value).getTime(), MILLI_NANOS)),
            Map.entry(DEBEZIUM + "Time", timeOfDay(value -> ((Integer) value).longValue(), MILLI_NANOS)),
            Map.entry(DEBEZIUM + "MicroTime", timeOfDay(value -> (Long) value, MICRO_NANOS)),
            Map.entry(DEBEZIUM + "NanoTime", timeOfDay(value -> (Long) value, 1)));

    private interface Count {
        long of(Object value);
    }

    /** Returns the type for a schema of a primitive or logical type. */
    static WriterType of(Schema schema) {
        String unsigned = schema.parameters() == null ? null : schema.parameters().get(ReaderFactory.TYPE_PARAMETER);
        if (Decimal.LOGICAL_NAME.equals(schema.name())) {
            return ReaderFactory.UINT64.equals(unsigned) ? scalar(unsigned, WriterType::uint64) : decimal(schema);
        }
        WriterType named = schema.name() == null ? null : NAMED.get(schema.name());
        return named != null ? named : switch (schema.type()) {
            case INT8, INT16, INT32 -> scalar("int32", value -> ((Number) value).intValue());
            case INT64 -> ReaderFactory.UINT32.equals(unsigned) ? scalar(unsigned, WriterType::uint32)
                    : scalar("int64", value -> value);
            case FLOAT32 -> scalar("float", value -> value);
            case FLOAT64 -> scalar("double", value -> value);
            case BOOLEAN -> scalar("bool", value -> value);
            case STRING -> scalar("string", value -> value);
            case BYTES -> scalar("bytes", value -> value instanceof ByteBuffer buffer
                    ? ByteString.copyFrom(buffer.duplicate()) : ByteString.copyFrom((byte[]) value));
            default -> throw new IllegalArgumentException(schema.type() + " is not one value");
        };
    }

    private static WriterType scalar(String name, UnaryOperator<Object> convert) {
        return new WriterType(name, null, "", convert);
    }

    private static Object uint32(Object value) {
        long number = (Long) value;
        if (number < 0 || number > UINT32_MAX) {
            throw new DataException("is " + number + ", which a uint32 cannot hold");
        }
        return (int) number;
    }

    private static Object uint64(Object value) {
        BigInteger number = ((BigDecimal) value).toBigIntegerExact();
        if (number.signum() < 0 || number.bitLength() > UINT64_BITS) {
            throw new DataException("is " + number + ", which a uint64 cannot hold");
        }
        return number.longValue();
    }

    private static WriterType decimal(Schema schema) {
        String scale = schema.parameters() == null ? null : schema.parameters().get(Decimal.SCALE_FIELD);
        return new WriterType("confluent.type.Decimal", "confluent/type/decimal.proto",
                " [(confluent.field_meta) = {params: [{key: \"scale\", value: \"" + scale + "\"}]}]", value -> {
                    BigDecimal decimal = (BigDecimal) value;
                    return message("confluent/type/decimal.proto", "Decimal",
                            ByteString.copyFrom(decimal.unscaledValue().toByteArray()), decimal.precision(),
                            decimal.scale());
                });
    }

    private static WriterType timestamp(Count count, int unitNanos) {
        return new WriterType("google.protobuf.Timestamp", "google/protobuf/timestamp.proto", "", value -> {
            long units = count.of(value);
            long perSecond = SECOND_NANOS / unitNanos;
            return Timestamp.newBuilder().setSeconds(Math.floorDiv(units, perSecond))
                    .setNanos((int) Math.floorMod(units, perSecond) * unitNanos).build();
        });
    }

    private static WriterType duration(int unitNanos) {
        return new WriterType("google.protobuf.Duration", "google/protobuf/duration.proto", "", value -> {
            long perSecond = SECOND_NANOS / unitNanos;
            return com.google.protobuf.Duration.newBuilder().setSeconds((Long) value / perSecond)
                    .setNanos((int) ((Long) value % perSecond) * unitNanos).build();
        });
    }

    private static WriterType date(Count days) {
        return new WriterType("google.type.Date", "google/type/date.proto", "", value -> {
            LocalDate date = LocalDate.ofEpochDay(days.of(value));
            if (date.getYear() < 1 || date.getYear() > 9999) {
                throw new DataException("is " + date + "; a google.type.Date has the years 1 to 9999");
            }
            return message("google/type/date.proto", "Date",
                    date.getYear(), date.getMonthValue(), date.getDayOfMonth());
        });
    }

    private static WriterType timeOfDay(Count count, int unitNanos) {
        return new WriterType("google.type.TimeOfDay", "google/type/timeofday.proto", "", value -> {
            long units = count.of(value);
            long perSecond = SECOND_NANOS / unitNanos;
            if (units < 0 || units >= DAY_SECONDS * perSecond) {
                throw new DataException("is " + units / perSecond + " s; a google.type.TimeOfDay ends before 24 hours");
            }
            int seconds = (int) (units / perSecond);
            return message("google/type/timeofday.proto", "TimeOfDay", seconds / 3600, seconds / 60 % 60, seconds % 60,
                    (int) (units % perSecond) * unitNanos);
        });
    }

    private static Message message(String file, String type, Object... values) {
        Descriptor descriptor = StandardFiles.find(file).findMessageTypeByName(type);
        DynamicMessage.Builder message = DynamicMessage.newBuilder(descriptor);
        for (int index = 0; index < values.length; index++) {
            message.setField(descriptor.getFields().get(index), values[index]);
        }
        return message.build();
    }
}
