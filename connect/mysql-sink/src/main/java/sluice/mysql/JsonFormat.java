package sluice.mysql;

import java.math.BigDecimal;

/** JSON columns. Text is taken for a document, which the database checks; other values become one. */
final class JsonFormat extends TextFormat {
    private final JsonWriter json = new JsonWriter();
    private final JsonElement element;

    JsonFormat(Column column) {
        super(column);
        element = new JsonElement(column, json);
    }

    @Override
    void writeFloat(float value, RowBuffer row) {
        json.reset();
        element.writeFloat(value, row);
        copy(row);
    }

    @Override
    void writeDouble(double value, RowBuffer row) {
        json.reset();
        element.writeDouble(value, row);
        copy(row);
    }

    @Override
    void writeDecimal(BigDecimal value, RowBuffer row) {
        json.reset();
        element.writeDecimal(value, row);
        copy(row);
    }

    @Override
    void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        json.reset();
        element.writeBytes(value, start, length, row);
        copy(row);
    }

    @Override
    void writeDate(long epochDays, RowBuffer row) {
        json.reset();
        element.writeDate(epochDays, row);
        copy(row);
    }

    @Override
    void writeTime(long nanoseconds, RowBuffer row) {
        json.reset();
        element.writeTime(nanoseconds, row);
        copy(row);
    }

    @Override
    void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        json.reset();
        element.writeTimestamp(epochSeconds, nanoseconds, row);
        copy(row);
    }

    @Override
    void writeGeometry(int srid, byte[] wkb, int start, int length, RowBuffer row) {
        json.reset();
        element.writeGeometry(srid, wkb, start, length, row);
        copy(row);
    }

    private void copy(RowBuffer row) {
        row.text(json.bytes(), 0, json.size());
    }
}
