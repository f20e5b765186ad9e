package sluice.mysql.column;

import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;

/** Writes dates and times as the database reads them, directly into a RowBuffer's bytes. */
public final class DateText {
    static final int NANOSECOND_DIGITS = 9;
    public static final long NANOSECONDS = 1_000_000_000;
    static final long SECONDS_PER_DAY = 86_400;

    /** 0000-01-01 and 9999-12-31, in days since 1970-01-01. */
    private static final long FIRST_DAY = -719_528;
    private static final long LAST_DAY = 2_932_896;
    /** 1 March of the year -400, before 1970-01-01. */
    private static final long ERA_BEGIN = 719_468 + 146_097;

    private DateText() { }

    /** Writes a date, YYYY-MM-DD; throws a DataException for one outside the years 0 to 9999. */
    static void writeDate(ColumnFormat column, long epochDays, RowBuffer row) {
        if (epochDays < FIRST_DAY || epochDays > LAST_DAY) {
            throw column.cannotHold("a date " + epochDays + " days from 1970-01-01", "its year is not in 0 to 9999");
        }
        // Years that begin in March, so that the day that some years lack is the last one; 400 of them repeat.
        int days = (int) (epochDays + ERA_BEGIN);
        int era = days / 146_097;
        int dayOfEra = days % 146_097;
        int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int marchMonth = (5 * dayOfYear + 2) / 153;
        int day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
        int month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        int year = yearOfEra + (era - 1) * 400 + (month <= 2 ? 1 : 0);
        int at = row.reserve(10);
        byte[] bytes = row.bytes();
        two(bytes, at, year / 100);
        two(bytes, at + 2, year % 100);
        bytes[at + 4] = '-';
        two(bytes, at + 5, month);
        bytes[at + 7] = '-';
        two(bytes, at + 8, day);
        row.advance(10);
    }

    /** Writes a time, [-]HH:MM:SS, with up to `digits` of its fraction if it is not 0. */
    static void writeTime(long nanoseconds, int digits, RowBuffer row) {
        if (nanoseconds < 0) {
            row.ascii("-");
        }
        long seconds = Math.abs(nanoseconds / NANOSECONDS);
        long hours = seconds / 3_600;
        if (hours > 99) {
            NumberText.write(hours, row);
        } else {
            NumberText.writePadded(hours, 2, row);
        }
        int at = row.reserve(6);
        byte[] bytes = row.bytes();
        bytes[at] = ':';
        two(bytes, at + 1, (int) (seconds / 60 % 60));
        bytes[at + 3] = ':';
        two(bytes, at + 4, (int) (seconds % 60));
        row.advance(6);
        writeFraction((int) Math.abs(nanoseconds % NANOSECONDS), digits, row);
    }

    /** Writes date and time of an instant in UTC. */
    static void writeTimestamp(ColumnFormat column, long epochSeconds, int nanoseconds, char separator, int digits,
                               RowBuffer row) {
        writeDate(column, Math.floorDiv(epochSeconds, SECONDS_PER_DAY), row);
        row.bytes()[row.reserve(1)] = (byte) separator;
        row.advance(1);
        writeTime(Math.floorMod(epochSeconds, SECONDS_PER_DAY) * NANOSECONDS + nanoseconds, digits, row);
    }

    /** Throws a DataException if the fraction of a second has more digits than the column. */
    static void checkFraction(ColumnFormat column, int nanoseconds) {
        int digits = column.column().scale();
        int unit = 1;
        for (int digit = digits; digit < NANOSECOND_DIGITS; digit++) {
            unit *= 10;
        }
        if (nanoseconds % unit != 0) {
            throw column.cannotHold("a time with " + Math.abs(nanoseconds) + " nanoseconds",
                    "it has " + digits + " digits of a second's fraction");
        }
    }

    private static void writeFraction(int nanoseconds, int digits, RowBuffer row) {
        if (nanoseconds == 0 || digits == 0) {
            return;
        }
        row.ascii(".");
        int rest = nanoseconds;
        for (int digit = digits; digit < NANOSECOND_DIGITS; digit++) {
            rest /= 10;
        }
        NumberText.writePadded(rest, digits, row);
    }

    private static void two(byte[] bytes, int at, int value) {
        bytes[at] = (byte) ('0' + value / 10);
        bytes[at + 1] = (byte) ('0' + value % 10);
    }
}
