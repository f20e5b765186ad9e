package sluice.mysql;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.errors.DataException;

/** Meaning of a whole number by the name of its Connect schema: Connect's own names and Debezium's. */
enum RawKind {
    /** The number itself. */
    PLAIN(0),
    /** Days since 1970-01-01. */
    DATE(0),
    TIME_MILLIS(1_000_000),
    TIME_MICROS(1_000),
    TIME_NANOS(1),
    TIMESTAMP_MILLIS(1_000_000),
    TIMESTAMP_MICROS(1_000),
    TIMESTAMP_NANOS(1),
    /** Milliseconds since midnight, as Connect checks them. */
    CONNECT_TIME(1_000_000);

    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long MILLIS_PER_DAY = 86_400_000;
    private static final Map<String, RawKind> BY_NAME = new HashMap<>(Map.of(
            Date.LOGICAL_NAME, DATE, Time.LOGICAL_NAME, CONNECT_TIME, Timestamp.LOGICAL_NAME, TIMESTAMP_MILLIS));

    static {
        BY_NAME.putAll(Map.of(
                "io.debezium.time.Date", DATE,
                "io.debezium.time.Time", TIME_MILLIS,
                "io.debezium.time.MicroTime", TIME_MICROS,
                "io.debezium.time.NanoTime", TIME_NANOS,
                "io.debezium.time.Timestamp", TIMESTAMP_MILLIS,
                "io.debezium.time.MicroTimestamp", TIMESTAMP_MICROS,
                "io.debezium.time.NanoTimestamp", TIMESTAMP_NANOS));
    }

    private final long nanosPerUnit;
    private final long unitsPerSecond;

    RawKind(long nanosPerUnit) {
        this.nanosPerUnit = nanosPerUnit;
        unitsPerSecond = nanosPerUnit == 0 ? 0 : 1_000_000_000 / nanosPerUnit;
    }

    static RawKind of(Schema schema) {
        return schema.name() == null ? PLAIN : BY_NAME.getOrDefault(schema.name(), PLAIN);
    }

    void write(long raw, ColumnFormat format, RowBuffer row) {
        switch (this) {
            case PLAIN -> format.writeLong(raw, row);
            case DATE -> format.writeDate(raw, row);
            case TIMESTAMP_MILLIS, TIMESTAMP_MICROS, TIMESTAMP_NANOS -> {
                long seconds = Math.floorDiv(raw, unitsPerSecond);
                format.writeTimestamp(seconds, (int) ((raw - seconds * unitsPerSecond) * nanosPerUnit), row);
            }
            case CONNECT_TIME -> {
                if (raw < 0 || raw > MILLIS_PER_DAY) {
                    throw new DataException("Time values must use number of milliseconds greater than 0 and less than 86400000");
                }
                format.writeTime(raw * nanosPerUnit, row);
            }
            default -> format.writeTime(Math.multiplyExact(raw, nanosPerUnit), row);
        }
    }
}
