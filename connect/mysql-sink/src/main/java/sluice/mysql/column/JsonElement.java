package sluice.mysql.column;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Base64;
import sluice.mysql.text.JsonWriter;
import sluice.mysql.text.RowBuffer;

/**
 * A value inside a JSON document, written by the same calls as a column. Bytes are base64, dates and times ISO 8601.
 * The `row` of each call is not used.
 */
public final class JsonElement extends ColumnFormat {
    private final JsonWriter json;
    /** True where the server stores numbers as doubles: MySQL's JSON, while MariaDB's is text. */
    private final boolean doublesOnly;

    public JsonElement(Column column, JsonWriter json) {
        super(column);
        this.json = json;
        doublesOnly = column.type().equals("json");
    }

    public JsonWriter json() {
        return json;
    }

    @Override
    public void writeNull(RowBuffer row) {
        json.nullValue();
    }

    @Override
    public void writeBoolean(boolean value, RowBuffer row) {
        json.bool(value);
    }

    @Override
    public void writeLong(long value, RowBuffer row) {
        json.number(value);
    }

    @Override
    public void writeFloat(float value, RowBuffer row) {
        checkFinite(value);
        json.number(value);
    }

    @Override
    public void writeDouble(double value, RowBuffer row) {
        checkFinite(value);
        json.number(value);
    }

    private void checkFinite(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw cannotHold(value, "JSON has no such number");
        }
    }

    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        if (doublesOnly && !isStored(value)) {
            throw cannotHold(value, "the database stores numbers in JSON as doubles, so that it would be rounded");
        }
        json.number(value);
    }

    private static boolean isStored(BigDecimal value) {
        if (value.scale() == 0 && value.precision() <= 19 && value.toBigInteger().bitLength() < Long.SIZE) {
            return true;
        }
        double nearest = value.doubleValue();
        return !Double.isInfinite(nearest) && new BigDecimal(Double.toString(nearest)).compareTo(value) == 0;
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        json.text(utf8, start, length);
    }

    @Override
    public void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        byte[] exact = start == 0 && length == value.length ? value : Arrays.copyOfRange(value, start, start + length);
        json.asciiText(Base64.getEncoder().encodeToString(exact));
    }

    @Override
    public void writeDate(long epochDays, RowBuffer row) {
        DateText.writeDate(this, epochDays, json.quoted(true));
        json.quoted(false);
    }

    @Override
    public void writeTime(long nanoseconds, RowBuffer row) {
        DateText.writeTime(nanoseconds, fractionDigits(nanoseconds), json.quoted(true));
        json.quoted(false);
    }

    @Override
    public void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        RowBuffer text = json.quoted(true);
        DateText.writeTimestamp(this, epochSeconds, nanoseconds, 'T', fractionDigits(nanoseconds), text);
        text.ascii("Z");
        json.quoted(false);
    }

    /** Returns 3, 6 or 9: as few as hold the fraction. */
    private static int fractionDigits(long nanoseconds) {
        return nanoseconds % 1_000_000 == 0 ? 3 : nanoseconds % 1_000 == 0 ? 6 : DateText.NANOSECOND_DIGITS;
    }

    @Override
    public void writeJson(byte[] utf8, int start, int length, RowBuffer row) {
        json.document(utf8, start, length);
    }

    @Override
    public void writeGeometry(int srid, byte[] wkb, int start, int length, RowBuffer row) {
        json.beginObject();
        json.name("srid");
        json.number((long) srid);
        json.name("wkb");
        writeBytes(wkb, start, length, row);
        json.endObject();
    }
}
