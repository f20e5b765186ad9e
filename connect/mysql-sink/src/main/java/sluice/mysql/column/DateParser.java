package sluice.mysql.column;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import sluice.mysql.text.RowBuffer;

/** Reads dates and instants given as text in the form of ISO 8601. */
final class DateParser {
    private static final int DATE_LENGTH = 10;

    private DateParser() { }

    /**
     * Writes the date (2024-01-31), or the date with a time (2024-01-31T23:59:59.999999Z; with a space in place of T;
     * without a zone it is UTC). Throws a DataException for other text: the database would guess.
     */
    static void write(ColumnFormat column, byte[] utf8, int start, int length, RowBuffer row) {
        String text = new String(utf8, start, length, StandardCharsets.UTF_8);
        try {
            if (text.length() == DATE_LENGTH) {
                column.writeDate(LocalDate.parse(text).toEpochDay(), row);
                return;
            }
            if (text.length() > DATE_LENGTH) {
                Instant instant = instant(text.charAt(DATE_LENGTH) == ' '
                        ? text.substring(0, DATE_LENGTH) + 'T' + text.substring(DATE_LENGTH + 1) : text);
                column.writeTimestamp(instant.getEpochSecond(), instant.getNano(), row);
                return;
            }
        } catch (DateTimeException error) {
            // Said below.
        }
        throw column.cannotHold('"' + text + '"', "it is not a date such as 2024-01-31 or 2024-01-31T23:59:59.999Z");
    }

    private static Instant instant(String text) {
        boolean zoned = text.endsWith("Z") || Math.max(text.lastIndexOf('+'), text.lastIndexOf('-')) > DATE_LENGTH;
        return zoned ? OffsetDateTime.parse(text).toInstant() : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    }
}
