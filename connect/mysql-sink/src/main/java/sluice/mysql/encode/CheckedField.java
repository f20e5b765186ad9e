package sluice.mysql.encode;

import java.util.Date;
import org.apache.kafka.connect.errors.DataException;

/** The field of a value that must equal the record's key (key.must.equal). */
public final class CheckedField {
    private CheckedField() { }

    /** Returns the field's value as a whole number, raw as its schema stores it: a timestamp in its own unit. */
    public static long number(String name, Object value) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Date date) {
            return date.getTime();
        }
        if (value instanceof String text && !text.isEmpty()) {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException error) {
                throw new DataException(
                        "field " + name + " must equal the key, and \"" + text + "\" is no whole number");
            }
        }
        throw new DataException("field " + name + " must equal the key, and it is "
                + (value == null ? "null" : "a " + value.getClass().getName()));
    }
}
