package sluice.protobuf.read;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;

/** Reads messages that are types of their own: google.protobuf.*, google.type.*, confluent.type.Decimal. */
final class StandardTypes {
    private static final Set<String> WRAPPERS = Set.of("BoolValue", "BytesValue", "DoubleValue", "FloatValue",
            "Int32Value", "Int64Value", "StringValue", "UInt32Value", "UInt64Value");
    private static final String GOOGLE = "google.protobuf.";
    private static final String DEBEZIUM = "io.debezium.time.";
    static final String SCALE_PARAMETER = "scale";
    private static final int DAY_SECONDS = 86_400;
    private static final long SECOND_NANOS = 1_000_000_000;
    private static final long SECOND_MILLIS = 1_000;
    /** Digits before which an exponent is refused: plain text of 1e999999999 would fill the memory. */
    private static final int MAX_SCALE = 10_000;

    private final Precision precision;

    StandardTypes(Precision precision) {
        this.precision = precision;
    }

    static boolean isWrapper(Descriptor type) {
        return type.getFullName().startsWith(GOOGLE)
                && WRAPPERS.contains(type.getFullName().substring(GOOGLE.length()));
    }

    /** Returns the reader of a field of such a type; null if it is another. */
    ValueReader reader(FieldDescriptor field, boolean optional) {
        return switch (field.getMessageType().getFullName()) {
            case "google.protobuf.Timestamp" -> timestamp(optional);
            case "google.protobuf.Duration" -> duration(optional);
            case "google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue" -> ValueReader.of(
                    ReaderFactory.build(SchemaBuilder.string().name("io.debezium.data.Json"), optional),
                    value -> JsonText.of((Message) value));
            case "google.type.Date" -> ValueReader.of(
                    ReaderFactory.build(Date.builder(), optional), value -> date((Message) value));
            case "google.type.TimeOfDay" -> timeOfDay(optional);
            case "google.type.Decimal" -> ValueReader.of(ReaderFactory.build(SchemaBuilder.string(), optional),
                    value -> get((Message) value, 1));
            case "confluent.type.Decimal" -> decimal(field, optional);
            default -> null;
        };
    }

    private ValueReader timestamp(boolean optional) {
        if (precision == Precision.MILLIS) {
            return time(Timestamp.builder(), optional, java.util.Date::new);
        }
        return time(SchemaBuilder.int64().name(debezium("Timestamp")), optional, units -> units);
    }

    private ValueReader duration(boolean optional) {
        // Connect and Debezium have no name for a duration in milliseconds.
        Precision unit = precision == Precision.MILLIS ? Precision.MICROS : precision;
        String name = DEBEZIUM + (unit == Precision.MICROS ? "MicroDuration" : "NanoDuration");
        return ValueReader.of(ReaderFactory.build(SchemaBuilder.int64().name(name), optional), value -> {
            long seconds = (Long) get((Message) value, 1);
            int nanos = (Integer) get((Message) value, 2);
            if (Math.abs((long) nanos) >= SECOND_NANOS || seconds != 0 && nanos != 0 && seconds < 0 != nanos < 0) {
                throw new DataException("is not a valid duration: " + seconds + " s and " + nanos + " ns");
            }
            return units(seconds, nanos, unit);
        });
    }

    private ValueReader time(SchemaBuilder schema, boolean optional, LongFunction<Object> result) {
        return ValueReader.of(ReaderFactory.build(schema, optional), value -> {
            long seconds = (Long) get((Message) value, 1);
            int nanos = (Integer) get((Message) value, 2);
            if (nanos < 0 || nanos >= SECOND_NANOS) {
                throw new DataException("is not a valid time: its nanos are " + nanos + ", not 0 to 999999999");
            }
            return result.apply(units(seconds, nanos, precision));
        });
    }

    private String debezium(String type) {
        return DEBEZIUM + (precision == Precision.MICROS ? "Micro" : "Nano") + type;
    }

    /** Returns seconds and nanoseconds as one number; throws a DataException if digits or range would be lost. */
    private static long units(long seconds, int nanos, Precision unit) {
        if (nanos % unit.nanos != 0) {
            throw new DataException("has " + nanos + " ns, finer than timestamp.precision=" + unit);
        }
        try {
            return Math.addExact(Math.multiplyExact(seconds, SECOND_NANOS / unit.nanos), nanos / unit.nanos);
        } catch (ArithmeticException error) {
            throw new DataException("is " + seconds + " s, too large for timestamp.precision=" + unit);
        }
    }

    private static java.util.Date date(Message date) {
        int year = (Integer) get(date, 1);
        int month = (Integer) get(date, 2);
        int day = (Integer) get(date, 3);
        try {
            if (year > 0) {
                return new java.util.Date(LocalDate.of(year, month, day).toEpochDay() * DAY_SECONDS * SECOND_MILLIS);
            }
        } catch (DateTimeException error) {
            // Reported below.
        }
        throw new DataException("is not a whole date: year " + year + ", month " + month + ", day " + day);
    }

    private ValueReader timeOfDay(boolean optional) {
        Function<Object, Long> count = value -> {
            Message time = (Message) value;
            int hours = (Integer) get(time, 1);
            int minutes = (Integer) get(time, 2);
            int seconds = (Integer) get(time, 3);
            int nanos = (Integer) get(time, 4);
            if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59 || nanos < 0
                    || nanos >= SECOND_NANOS) {
                throw new DataException("is not a time of the day: " + hours + " h, " + minutes + " min, " + seconds
                        + " s, " + nanos + " ns");
            }
            return units((hours * 60L + minutes) * 60 + seconds, nanos, precision);
        };
        if (precision == Precision.MILLIS) {
            return ValueReader.of(ReaderFactory.build(Time.builder(), optional),
                    value -> new java.util.Date(count.apply(value)));
        }
        return ValueReader.of(
                ReaderFactory.build(SchemaBuilder.int64().name(debezium("Time")), optional), count::apply);
    }

    /** With the scale as a parameter of the field, Connect's Decimal; else text, as Connect needs one scale for all. */
    private static ValueReader decimal(FieldDescriptor field, boolean optional) {
        String declared = FieldParameters.of(field).get(SCALE_PARAMETER);
        if (declared == null) {
            return ValueReader.of(ReaderFactory.build(SchemaBuilder.string(), optional),
                    value -> decimal((Message) value).toPlainString());
        }
        int scale = FieldParameters.scale(field, declared);
        Schema schema = ReaderFactory.build(Decimal.builder(scale), optional);
        return ValueReader.of(schema, value -> {
            BigDecimal decimal = decimal((Message) value);
            try {
                return decimal.setScale(scale);
            } catch (ArithmeticException error) {
                throw new DataException("is " + decimal.toPlainString() + ", with more digits than the scale " + scale);
            }
        });
    }

    private static BigDecimal decimal(Message value) {
        ByteString unscaled = (ByteString) get(value, 1);
        int scale = (Integer) get(value, 3);
        if (Math.abs((long) scale) > MAX_SCALE) {
            throw new DataException("has the scale " + scale + "; at most " + MAX_SCALE + " is read");
        }
        return new BigDecimal(unscaled.isEmpty() ? BigInteger.ZERO : new BigInteger(unscaled.toByteArray()), scale);
    }

    private static Object get(Message message, int number) {
        return message.getField(message.getDescriptorForType().findFieldByNumber(number));
    }
}
