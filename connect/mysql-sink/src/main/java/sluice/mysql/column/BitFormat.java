package sluice.mysql.column;

import java.math.BigDecimal;
import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;

/** BIT columns, as the number that their bits are. LOAD DATA would take digits for the bytes themselves. */
final class BitFormat extends ColumnFormat {
    private static final int LONGEST = 64;
    private static final int DIGITS = 20;

    BitFormat(Column column) {
        super(column);
    }

    @Override
    public String expression(String variable) {
        return "CAST(" + variable + " AS UNSIGNED)";
    }

    @Override
    public void writeLong(long value, RowBuffer row) {
        if (value < 0) {
            throw cannotHold(value, "it is negative");
        }
        NumberText.write(value, row);
    }

    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        boolean whole = value.signum() >= 0 && Numbers.fitsScale(value, 0)
                && value.precision() - (long) value.scale() <= DIGITS;
        if (!whole || value.toBigInteger().bitLength() > LONGEST) {
            throw cannotHold(value, "it is not a whole number of at most 64 bits");
        }
        NumberText.writeUnsigned(value.toBigInteger().longValue(), row);
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        writeDecimal(Numbers.parse(this, utf8, start, length), row);
    }
}
