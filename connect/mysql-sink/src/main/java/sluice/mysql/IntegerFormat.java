package sluice.mysql;

import java.math.BigDecimal;

/** Columns of whole numbers: TINYINT (BOOL too), SMALLINT, MEDIUMINT, INT, BIGINT, signed or unsigned. */
final class IntegerFormat extends ColumnFormat {
    /** No column holds a whole number of more digits. */
    private static final int DIGITS = 20;

    IntegerFormat(Column column) {
        super(column);
    }

    @Override
    void writeLong(long value, RowBuffer row) {
        NumberText.write(value, row);
    }

    @Override
    void writeFloat(float value, RowBuffer row) {
        writeDouble(value, row);
    }

    @Override
    void writeDouble(double value, RowBuffer row) {
        if (value != Math.rint(value) || Double.isInfinite(value)) {
            throw cannotHold(value, "it is not a whole number");
        }
        if (value == 0 && 1 / value < 0) {
            throw cannotHold(value, "it would lose its sign");
        }
        writeDecimal(new BigDecimal(value), row);
    }

    @Override
    void writeDecimal(BigDecimal value, RowBuffer row) {
        if (value.signum() == 0) {
            row.ascii("0");
        } else if ((long) value.precision() - value.scale() > DIGITS) {
            throw cannotHold(value, "it is out of range");
        } else if (value.scale() > 0 && !Numbers.fitsScale(value, 0)) {
            throw cannotHold(value, "it is not a whole number");
        } else {
            row.ascii(value.toBigInteger().toString());
        }
    }

    @Override
    void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        if (Numbers.isCanonical(utf8, start, length)) {
            row.text(utf8, start, length);
        } else {
            writeDecimal(Numbers.parse(this, utf8, start, length), row);
        }
    }
}
