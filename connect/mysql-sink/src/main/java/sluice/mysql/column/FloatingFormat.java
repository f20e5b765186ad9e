package sluice.mysql.column;

import java.math.BigDecimal;
import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;

/** FLOAT and DOUBLE columns, bit for bit; also FLOAT(M,D), which the database rounds to D digits. */
final class FloatingFormat extends ColumnFormat {
    private final boolean single;
    /** 10^D of a column with D digits after the point; 0 without that. */
    private final double rounding;

    FloatingFormat(Column column) {
        super(column);
        single = column.dataType().equals("float");
        rounding = column.type().contains(",") ? Double.parseDouble("1e" + column.scale()) : 0;
    }

    @Override
    public void writeLong(long value, RowBuffer row) {
        double nearest = single ? (float) value : (double) value;
        // Long.MAX_VALUE is no double, but the cast of the nearest one gives it.
        if ((long) nearest != value || value == Long.MAX_VALUE) {
            throw cannotHold(value, "it would be rounded");
        }
        writeChecked(nearest, row);
    }

    @Override
    public void writeFloat(float value, RowBuffer row) {
        writeDouble(value, row);
    }

    @Override
    public void writeDouble(double value, RowBuffer row) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw cannotHold(value, "it is not a finite number");
        }
        if (single && (float) value != value) {
            throw cannotHold(value, "it would be rounded to a float");
        }
        writeChecked(value, row);
    }

    /** Takes decimals that the column gives back with the same digits, such as 0.1, though no double is exactly 0.1. */
    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        double nearest = single ? value.floatValue() : value.doubleValue();
        if (Double.isInfinite(nearest)) {
            throw cannotHold(value, "it is out of range");
        }
        String shortest = single ? Float.toString((float) nearest) : Double.toString(nearest);
        if (value.compareTo(new BigDecimal(shortest)) != 0 && value.compareTo(new BigDecimal(nearest)) != 0) {
            throw cannotHold(value, "it would be rounded");
        }
        writeChecked(nearest, row);
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        BigDecimal value = Numbers.parse(this, utf8, start, length);
        if (value.signum() == 0 && utf8[start] == '-') {
            writeDouble(-0.0, row);
        } else {
            writeDecimal(value, row);
        }
    }

    private void writeChecked(double value, RowBuffer row) {
        if (rounding != 0) {
            double rounded = Math.rint(value * rounding) / rounding;
            if (single ? (float) rounded != (float) value : rounded != value) {
                throw cannotHold(value, "it has more than " + column().scale() + " digits after the point");
            }
        }
        NumberText.write(value, row);
    }
}
