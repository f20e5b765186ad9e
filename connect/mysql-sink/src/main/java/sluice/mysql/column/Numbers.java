package sluice.mysql.column;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/** Numbers given as text or as a BigDecimal. */
public final class Numbers {
    private static final String CHARACTERS = "0123456789+-.eE";

    private Numbers() { }

    /** Returns the number that the text is; throws a DataException for other text, such as one with a space in it. */
    static BigDecimal parse(ColumnFormat column, byte[] utf8, int start, int length) {
        String text = new String(utf8, start, length, StandardCharsets.UTF_8);
        if (text.chars().allMatch(one -> CHARACTERS.indexOf(one) >= 0)) {
            try {
                return new BigDecimal(text);
            } catch (NumberFormatException error) {
                // Said below.
            }
        }
        throw column.cannotHold('"' + text + '"', "it is not a number");
    }

    /** Returns true if the value has at most `scale` digits after the point that are not trailing zeros. */
    static boolean fitsScale(BigDecimal value, int scale) {
        if (value.scale() <= scale || value.signum() == 0) {
            return true;
        }
        // Digits to drop, all of them zeros: fewer than there are. The check keeps 1e-999999999 from being expanded.
        if ((long) value.scale() - scale >= value.precision()) {
            return false;
        }
        try {
            value.setScale(scale, RoundingMode.UNNECESSARY);
            return true;
        } catch (ArithmeticException error) {
            return false;
        }
    }

    /** Returns true for the text that Long.toString gives for a number of at most 18 digits. */
    static boolean isCanonical(byte[] utf8, int start, int length) {
        int first = length > 0 && utf8[start] == '-' ? start + 1 : start;
        int end = start + length;
        if (first == end || end - first > 18 || utf8[first] == '0' && length > 1) {
            return false;
        }
        for (int index = first; index < end; index++) {
            if (utf8[index] < '0' || utf8[index] > '9') {
                return false;
            }
        }
        return true;
    }

    /** Returns the number that canonical text is. */
    public static long parseCanonical(byte[] utf8, int start, int length) {
        boolean negative = utf8[start] == '-';
        long value = 0;
        for (int index = negative ? start + 1 : start; index < start + length; index++) {
            value = value * 10 + utf8[index] - '0';
        }
        return negative ? -value : value;
    }
}
