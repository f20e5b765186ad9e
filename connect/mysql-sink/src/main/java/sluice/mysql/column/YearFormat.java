package sluice.mysql.column;

import org.apache.kafka.connect.errors.DataException;
import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;

/** YEAR columns. The database would take 24 for 2024, and text "0" for 2000. */
final class YearFormat extends ColumnFormat {
    private static final int FIRST = 1901;
    private static final int LAST = 2155;

    YearFormat(Column column) {
        super(column);
    }

    @Override
    public void writeBoolean(boolean value, RowBuffer row) {
        throw refuse("a boolean");
    }

    @Override
    public void writeLong(long value, RowBuffer row) {
        if (value != 0 && (value < FIRST || value > LAST)) {
            throw cannotHold(value, "a year is 0 or " + FIRST + " to " + LAST);
        }
        NumberText.writePadded(value, 4, row);
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        try {
            if (length == 4) {
                writeLong(Numbers.parse(this, utf8, start, length).longValueExact(), row);
                return;
            }
        } catch (ArithmeticException error) {
            throw new DataException(cannotHold("a number", "it is not a whole number").getMessage(), error);
        }
        throw cannotHold("text of " + length + " bytes", "a year has four digits");
    }
}
