package sluice.mysql.column;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sluice.mysql.text.RowBuffer;

/** TIME columns: times of day, and durations of up to 838:59:59, negative ones too. */
public final class TimeFormat extends ColumnFormat {
    private static final Pattern TIME = Pattern.compile("(-?)(\\d{2,3}):([0-5]\\d):([0-5]\\d)(?:\\.(\\d{1,9}))?");
    /** 839 hours: MariaDB takes a fraction of the last second, MySQL does not. */
    private static final long TOO_LONG = 839 * 3_600L * DateText.NANOSECONDS;

    private final int digits;

    TimeFormat(Column column) {
        super(column);
        digits = column.scale();
    }

    @Override
    public void writeTime(long nanoseconds, RowBuffer row) {
        if (nanoseconds <= -TOO_LONG || nanoseconds >= TOO_LONG) {
            throw cannotHold("a time of " + nanoseconds + " nanoseconds", "it is out of range");
        }
        DateText.checkFraction(this, (int) (nanoseconds % DateText.NANOSECONDS));
        DateText.writeTime(nanoseconds, digits, row);
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        String text = new String(utf8, start, length, StandardCharsets.UTF_8);
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            throw cannotHold('"' + text + '"', "it is not a time such as 23:59:59.999");
        }
        long seconds = Long.parseLong(time.group(2)) * 3_600 + Long.parseLong(time.group(3)) * 60
                + Long.parseLong(time.group(4));
        String fraction = (time.group(5) == null ? "" : time.group(5)) + "000000000";
        long nanoseconds = seconds * DateText.NANOSECONDS
                + Long.parseLong(fraction.substring(0, DateText.NANOSECOND_DIGITS));
        writeTime(time.group(1).isEmpty() ? nanoseconds : -nanoseconds, row);
    }
}
