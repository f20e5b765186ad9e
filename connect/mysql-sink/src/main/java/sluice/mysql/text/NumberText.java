package sluice.mysql.text;

/** Writes numbers as decimal text directly into a RowBuffer's bytes, without a String. */
public final class NumberText {
    private static final int LONGEST = 48;
    private static final int DECIMAL_DIGITS = 15;
    private static final int MAX_POWER = 22;
    private static final double WHOLE_LIMIT = 0x1p63;
    private static final double LOG10_OF_2 = 0.30102999566398120;
    /** Powers of ten that a double holds exactly. */
    private static final double[] POWERS = new double[MAX_POWER + 1];

    static {
        for (int power = 0; power <= MAX_POWER; power++) {
            POWERS[power] = Double.parseDouble("1e" + power);
        }
    }

    private NumberText() { }

    public static void write(long value, RowBuffer row) {
        writeScaled(value, 0, row);
    }

    public static void writeUnsigned(long value, RowBuffer row) {
        if (value >= 0) {
            write(value, row);
        } else {
            row.ascii(Long.toUnsignedString(value));
        }
    }

    /** Writes unscaled × 10^-scale, with `scale` (0 to 22) digits after the point. */
    public static void writeScaled(long unscaled, int scale, RowBuffer row) {
        int at = row.reserve(LONGEST);
        byte[] bytes = row.bytes();
        int start = at;
        if (unscaled < 0) {
            bytes[at++] = '-';
        }
        // Negative, because Long.MIN_VALUE has no positive counterpart.
        long rest = unscaled < 0 ? unscaled : -unscaled;
        int digits = countDigits(rest);
        int length = scale == 0 ? digits : Math.max(digits, scale + 1) + 1;
        int point = scale == 0 ? -1 : length - scale - 1;
        for (int index = length - 1; index >= 0; index--) {
            if (index == point) {
                bytes[at + index] = '.';
            } else {
                long quotient = rest / 10;
                bytes[at + index] = (byte) ('0' + (quotient * 10 - rest));
                rest = quotient;
            }
        }
        row.advance(at + length - start);
    }

    /** Writes exactly `count` digits of a number that is not negative, with zeros in front. */
    public static void writePadded(long value, int count, RowBuffer row) {
        int at = row.reserve(count);
        byte[] bytes = row.bytes();
        long rest = value;
        for (int index = at + count - 1; index >= at; index--) {
            bytes[index] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        row.advance(count);
    }

    /** Writes a finite double as text that reads back as the same bits. */
    public static void write(double value, RowBuffer row) {
        long whole = (long) value;
        if (whole == value && Math.abs(value) < WHOLE_LIMIT && (whole != 0 || 1 / value > 0)) {
            write(whole, row);
        } else if (!writeShort(value, row)) {
            row.ascii(Double.toString(value));
        }
    }

    /**
     * Writes a double that some decimal of up to 15 digits reads back as, which most measured values are; returns false
     * for others. Such a decimal is a whole number below 2^53 divided by a power of ten that a double holds exactly:
     * both are exact, so that the quotient is rounded once, as a reader of the decimal rounds it.
     */
    private static boolean writeShort(double value, RowBuffer row) {
        double magnitude = Math.abs(value);
        int power = DECIMAL_DIGITS - 1 - (int) Math.floor(Math.getExponent(magnitude) * LOG10_OF_2);
        if (power < 0) {
            return false;
        }
        power = Math.min(power, MAX_POWER);
        long digits = (long) (magnitude * POWERS[power] + 0.5);
        if (digits == 0 || digits / POWERS[power] != magnitude) {
            return false;
        }
        for (int step = 8; step > 0; step /= 2) {
            long factor = (long) POWERS[step];
            while (power >= step && digits % factor == 0) {
                digits /= factor;
                power -= step;
            }
        }
        writeScaled(value < 0 ? -digits : digits, power, row);
        return true;
    }

    private static int countDigits(long negative) {
        int digits = 1;
        for (long limit = -9; negative < limit; digits++) {
            if (digits == 18) {
                return 19;
            }
            limit = limit * 10 - 9;
        }
        return digits;
    }
}
