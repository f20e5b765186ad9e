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
        write(row, () -> element.writeFloat(value, row));
    }

    @Override
    public void writeDouble(double value, RowBuffer row) {
        write(row, () -> element.writeDouble(value, row));
    }

    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        write(row, () -> element.writeDecimal(value, row));
    }

    @Override
    public void writeBytes(byte[] value, int start, int length, RowBuffer row) {
        write(row, () -> element.writeBytes(value, start, length, row));
    }

    @Override
    public void writeDate(long epochDays, RowBuffer row) {
        write(row, () -> element.writeDate(epochDays, row));
    }

    @Override
    public void writeTime(long nanoseconds, RowBuffer row) {
        write(row, () -> element.writeTime(nanoseconds, row));
    }

    @Override
    public void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        write(row, () -> element.writeTimestamp(epochSeconds, nanoseconds, row));
    }

    @Override
    public void writeGeometry(int srid, byte[] wkb, int start, int length, RowBuffer row) {
        write(row, () -> element.writeGeometry(srid, wkb, start, length, row));
    }

    /** Has the element write a document, and copies it into the row. */
    private void write(RowBuffer row, Runnable element) {
        json.reset();
        element.run();
        row.text(json.bytes(), 0, json.size());
    }
}
