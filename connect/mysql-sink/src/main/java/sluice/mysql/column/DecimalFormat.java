package sluice.mysql.column;

import java.math.BigDecimal;
import java.math.RoundingMode;
import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;

/** DECIMAL columns. */
final class DecimalFormat extends ColumnFormat {
    private static final int LONG_DIGITS = 18;

    private final int scale;
    private final int wholeDigits;

    DecimalFormat(Column column) {
        super(column);
        scale = column.scale();
        wholeDigits = column.precision() - scale;
    }

    @Override
    public void writeLong(long value, RowBuffer row) {
        NumberText.write(value, row);
    }

    @Override
    public void writeFloat(float value, RowBuffer row) {
        // A float's digits are those of its shortest text, not those of the double that it is too.
        checkFinite(value);
        writeDecimal(new BigDecimal(Float.toString(value)), row);
    }

    @Override
    public void writeDouble(double value, RowBuffer row) {
        checkFinite(value);
        writeDecimal(new BigDecimal(Double.toString(value)), row);
    }

    private void checkFinite(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw cannotHold(value, "it is not a finite number");
        }
        if (value == 0 && 1 / value < 0) {
            throw cannotHold(value, "it would lose its sign");
        }
    }

    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        if (!Numbers.fitsScale(value, scale)) {
            throw cannotHold(value, "it has more than " + scale + " digits after the point");
        }
        if (value.signum() == 0) {
            row.ascii("0");
        } else if ((long) value.precision() - value.scale() > wholeDigits) {
            throw cannotHold(value, "it is out of range");
        } else {
            BigDecimal fitting = value.setScale(scale, RoundingMode.UNNECESSARY);
            if (fitting.precision() <= LONG_DIGITS && scale <= LONG_DIGITS) {
                NumberText.writeScaled(fitting.unscaledValue().longValue(), scale, row);
            } else {
                row.ascii(fitting.toPlainString());
            }
        }
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        writeDecimal(Numbers.parse(this, utf8, start, length), row);
    }
}
