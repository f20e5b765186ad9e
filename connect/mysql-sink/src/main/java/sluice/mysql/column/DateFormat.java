package sluice.mysql.column;

import sluice.mysql.text.RowBuffer;

/** DATE columns. An instant is taken if it is midnight in UTC. */
final class DateFormat extends ColumnFormat {
    DateFormat(Column column) {
        super(column);
    }

    @Override
    public void writeDate(long epochDays, RowBuffer row) {
        DateText.writeDate(this, epochDays, row);
    }

    @Override
    public void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        if (nanoseconds != 0 || Math.floorMod(epochSeconds, DateText.SECONDS_PER_DAY) != 0) {
            throw cannotHold("an instant", "it is not midnight, so that its time would be lost");
        }
        writeDate(Math.floorDiv(epochSeconds, DateText.SECONDS_PER_DAY), row);
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        DateParser.write(this, utf8, start, length, row);
    }
}
