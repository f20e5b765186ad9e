package sluice.mysql.column;

import java.math.BigDecimal;
import sluice.mysql.text.JsonWriter;
import sluice.mysql.text.RowBuffer;

/** JSON columns. Text is taken for a document, which the database checks; other values become one. */
final class JsonFormat extends TextFormat {
    private final JsonWriter json = new JsonWriter();
    private final JsonElement element;

    JsonFormat(Column column) {
        super(column);
        element = new JsonElement(column, json);
    }

    @Override
    public void writeFloat(float value, RowBuffer row) {
        json.reset();
        element.writeFloat(value, row);
        copy(row);
    }

    @Override
    public void writeDouble(double value, RowBuffer row) {
        json.reset();
        element.writeDouble(value, row);
        copy(row);
    }

    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        json.reset();
        element.writeDecimal(value, row);
        copy(row);
    }

    @Override
    public void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        json.reset();
        element.writeBytes(value, start, length, row);
        copy(row);
    }

    @Override
    public void writeDate(long epochDays, RowBuffer row) {
        json.reset();
        element.writeDate(epochDays, row);
        copy(row);
    }

    @Override
    public void writeTime(long nanoseconds, RowBuffer row) {
        json.reset();
        element.writeTime(nanoseconds, row);
        copy(row);
    }

    @Override
    public void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        json.reset();
        element.writeTimestamp(epochSeconds, nanoseconds, row);
        copy(row);
    }

    @Override
    public void writeGeometry(int srid, byte[] wkb, int start, int length, RowBuffer row) {
        json.reset();
        element.writeGeometry(srid, wkb, start, length, row);
        copy(row);
    }

    private void copy(RowBuffer row) {
        row.text(json.bytes(), 0, json.size());
    }
}
