package sluice.gps;

import java.util.List;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/** Checks that a record's value fits the table myDB.gps_fixes (k8s/mysql/10-gps-fixes.sql). */
final class GpsFixValidator {
    /** Range of DATETIME(6): the years 1000 to 9999. */
    private static final long FIRST_MICROS = -30_610_224_000_000_000L;
    private static final long LAST_MICROS = 253_402_300_799_999_999L;

    private static final String RECORDED_AT = "recorded_at";
    private static final String FIX_MODE = "fix_mode";
    private static final String SATELLITES = "satellites";
    /** Columns of type DOUBLE. Fields not named here are not checked: the column may have been added to the table. */
    private static final List<String> DOUBLES = List.of("latitude", "longitude", "altitude", "track", "speed");

    private GpsFixValidator() { }

    /** Throws a DataException if the table would reject the value, or its recorded_at is not the key's utime. */
    static void validate(Object value, long utime) {
        if (!(value instanceof Struct fix)) {
            throw new DataException("the value is a " + value.getClass().getName() + ", not a record with fields");
        }
        long recordedAt = integer(fix, RECORDED_AT, FIRST_MICROS, LAST_MICROS);
        integer(fix, FIX_MODE, Byte.MIN_VALUE, Byte.MAX_VALUE);
        integer(fix, SATELLITES, Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (recordedAt != utime) {
            throw new DataException("the key is " + utime + " and recorded_at is " + recordedAt + ": not the same utime");
        }
        for (String name : DOUBLES) {
            validateDouble(name, value(fix, name));
        }
    }

    private static long integer(Struct fix, String name, long min, long max) {
        Object value = value(fix, name);
        if (value == null) {
            throw new DataException("the value has no " + name);
        }
        if (!(value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte)) {
            throw new DataException(name + " is a " + value.getClass().getSimpleName() + ", not a whole number");
        }
        long number = ((Number) value).longValue();
        if (number < min || number > max) {
            throw new DataException(name + " is " + number + "; the table takes " + min + " to " + max);
        }
        return number;
    }

    private static void validateDouble(String name, Object value) {
        if (value != null && !(value instanceof Number)) {
            throw new DataException(name + " is a " + value.getClass().getSimpleName() + ", not a number");
        }
        if (value != null && !Double.isFinite(((Number) value).doubleValue())) {
            throw new DataException(name + " is " + value + ", which the table cannot hold");
        }
    }

    private static Object value(Struct fix, String name) {
        Field field = fix.schema().field(name);
        return field == null ? null : fix.get(field);
    }
}
