package sluice.mysql.column;

import sluice.mysql.text.RowBuffer;

/** DATETIME and TIMESTAMP columns, in UTC: the session's time zone. A date is its midnight. */
final class DatetimeFormat extends ColumnFormat {
    private final int digits;

    DatetimeFormat(Column column) {
        super(column);
        digits = column.scale();
    }

    @Override
    public void writeDate(long epochDays, RowBuffer row) {
        DateText.writeDate(this, epochDays, row);
        row.ascii(" 00:00:00");
    }

    @Override
    public void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        DateText.checkFraction(this, nanoseconds);
        DateText.writeTimestamp(this, epochSeconds, nanoseconds, ' ', digits, row);
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        DateParser.write(this, utf8, start, length, row);
    }
}
