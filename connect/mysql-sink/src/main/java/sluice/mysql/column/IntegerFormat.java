package sluice.mysql.column;

import java.math.BigDecimal;
import java.math.BigInteger;
import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;

/** Columns of whole numbers: TINYINT (BOOL too), SMALLINT, MEDIUMINT, INT, BIGINT, signed or unsigned. */
public final class IntegerFormat extends ColumnFormat {
    /** No column holds a whole number of more digits. */
    private static final int DIGITS = 20;

    private final boolean unsigned64;
    private final long least;
    private final long greatest;

    IntegerFormat(Column column) {
        super(column);
        int bits = bits(column.dataType());
        unsigned64 = column.unsigned() && bits == Long.SIZE;
        greatest = Long.MAX_VALUE >>> Long.SIZE - bits - (column.unsigned() && !unsigned64 ? 1 : 0);
        least = column.unsigned() ? 0 : -greatest - 1;
    }

    private static int bits(String dataType) {
        switch (dataType) {
            case "tinyint": return Byte.SIZE;
            case "smallint": return Short.SIZE;
            case "mediumint": return 24;
            case "int": return Integer.SIZE;
            default: return Long.SIZE;
        }
    }

    @Override
    public void writeLong(long value, RowBuffer row) {
        if (value < least || value > greatest) {
            throw outOfRange(value);
        }
        NumberText.write(value, row);
    }

    /** Not left to the database: a key that wraps around would be taken for another record's. */
    private RuntimeException outOfRange(Object value) {
        return cannotHold(value, "it is out of range");
    }

    @Override
    public void writeFloat(float value, RowBuffer row) {
        writeDouble(value, row);
    }

    @Override
    public void writeDouble(double value, RowBuffer row) {
        if (value != Math.rint(value) || Double.isInfinite(value)) {
            throw cannotHold(value, "it is not a whole number");
        }
        if (value == 0 && 1 / value < 0) {
            throw cannotHold(value, "it would lose its sign");
        }
        writeDecimal(new BigDecimal(value), row);
    }

    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        if (value.signum() == 0) {
            row.ascii("0");
        } else if ((long) value.precision() - value.scale() > DIGITS) {
            throw outOfRange(value);
        } else if (value.scale() > 0 && !Numbers.fitsScale(value, 0)) {
            throw cannotHold(value, "it is not a whole number");
        } else {
            writeWhole(value.toBigInteger(), row);
        }
    }

    private void writeWhole(BigInteger value, RowBuffer row) {
        if (value.bitLength() < Long.SIZE) {
            writeLong(value.longValue(), row);
        } else if (unsigned64 && value.signum() > 0 && value.bitLength() == Long.SIZE) {
            NumberText.writeUnsigned(value.longValue(), row);
        } else {
            throw outOfRange(value);
        }
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        if (Numbers.isCanonical(utf8, start, length)) {
            writeLong(Numbers.parseCanonical(utf8, start, length), row);
        } else {
            writeDecimal(Numbers.parse(this, utf8, start, length), row);
        }
    }
}
