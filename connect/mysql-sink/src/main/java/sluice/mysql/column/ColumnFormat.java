package sluice.mysql.column;

import java.math.BigDecimal;
import org.apache.kafka.connect.errors.DataException;
import sluice.mysql.text.RowBuffer;

/**
 * Writes values of every kind into one column, as text of LOAD DATA.
 *
 * <p>Each method throws a DataException if the column cannot hold the value as it is: what the database would round,
 * cut or change without an error (a fraction in a column of whole numbers, digits after those of a DECIMAL,
 * microseconds in a DATETIME(0), a double that is no float) is refused here, with the column's name, its type and the
 * value. What the database itself refuses (a number out of range, text too long) may be left to it.
 *
 * <p>By default every kind is refused: a subclass for a type of column overrides what it takes.
 */
public abstract class ColumnFormat {
    /** Characters of a value in a message. */
    private static final int SHOWN = 60;

    private final Column column;

    ColumnFormat(Column column) {
        this.column = column;
    }

    public final Column column() {
        return column;
    }

    /** Expression in a SET clause for a field that is read into a variable, such as UNHEX(@v); null: read as it is. */
    public String expression(String variable) {
        return null;
    }

    /** Returns true if text is stored as it is, false if it stands for a number or a date that has other spellings. */
    public boolean keepsText() {
        return false;
    }

    public void writeNull(RowBuffer row) {
        if (!column.nullable()) {
            throw new DataException("column " + column.name() + " may not be null");
        }
        row.nullValue();
    }

    public void writeBoolean(boolean value, RowBuffer row) {
        writeLong(value ? 1 : 0, row);
    }

    public void writeLong(long value, RowBuffer row) {
        throw refuse("a whole number");
    }

    public void writeFloat(float value, RowBuffer row) {
        throw refuse("a float");
    }

    public void writeDouble(double value, RowBuffer row) {
        throw refuse("a double");
    }

    public void writeDecimal(BigDecimal value, RowBuffer row) {
        throw refuse("a decimal");
    }

    /** Writes text given as UTF-8: `length` bytes from `start`. */
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        throw refuse("text");
    }

    public void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        throw refuse("bytes");
    }

    /** Writes a date, in days since 1970-01-01. */
    public void writeDate(long epochDays, RowBuffer row) {
        throw refuse("a date");
    }

    /** Writes a time of day, in nanoseconds since midnight. */
    public void writeTime(long nanoseconds, RowBuffer row) {
        throw refuse("a time");
    }

    /** Writes an instant: seconds since the epoch, UTC, and nanoseconds within the second. */
    public void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        throw refuse("a timestamp");
    }

    /** Writes a JSON document given as UTF-8: what a struct, list or map becomes. */
    public void writeJson(byte[] utf8, int start, int length, RowBuffer row) {
        throw refuse("a nested value");
    }

    /** Writes a geometry: the number of its reference system and its Well-Known Binary form. */
    public void writeGeometry(int srid, byte[] wkb, int start, int length, RowBuffer row) {
        throw refuse("a geometry");
    }

    public final DataException refuse(String kind) {
        return new DataException("column " + column.name() + " (" + column.type() + ") does not take " + kind);
    }

    /** Returns the exception for a value that the database would change. */
    public final DataException cannotHold(Object value, String reason) {
        String text = String.valueOf(value);
        return new DataException("column " + column.name() + " (" + column.type() + ") cannot hold "
                + (text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text) + ": " + reason);
    }
}
