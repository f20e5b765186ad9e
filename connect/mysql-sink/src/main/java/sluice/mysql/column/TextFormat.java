package sluice.mysql.column;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import sluice.avro.Utf8Characters;
import sluice.mysql.text.NumberText;
import sluice.mysql.text.RowBuffer;

/**
 * Columns of text: CHAR, VARCHAR and the TEXT family. Numbers, dates and times are written as text too, instants as
 * ISO 8601, a nested value as its JSON document.
 */
class TextFormat extends ColumnFormat {
    private static final byte SPACE = ' ';
    private static final long UNLIMITED = Long.MAX_VALUE;

    private final boolean padded;
    private final long maxCharacters;
    private final long maxBytes;
    private final CharacterSet characterSet;

    TextFormat(Column column) {
        super(column);
        padded = column.dataType().equals("char");
        boolean countsCharacters = padded || column.dataType().equals("varchar");
        maxCharacters = countsCharacters ? column.length() : UNLIMITED;
        characterSet = new CharacterSet(column.characterSet());
        maxBytes = countsCharacters || column.length() == 0 ? UNLIMITED : column.length() / characterSet.growth();
    }

    @Override
    public boolean keepsText() {
        return true;
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        int characters = Utf8Characters.count(utf8, start, length);
        if (characters < 0) {
            // MariaDB takes surrogates for characters.
            throw cannotHold(quote(utf8, start, length), "it is no valid UTF-8");
        }
        if (characters > maxCharacters) {
            throw cannotHold(quote(utf8, start, length), "it has " + characters + " characters");
        }
        if (characterSet.changesSome()) {
            checkCharacters(new String(utf8, start, length, StandardCharsets.UTF_8));
        }
        if (length > 0 && utf8[start + length - 1] == SPACE && (padded || length > maxBytes)) {
            throw cannotHold(quote(utf8, start, length), "the database would cut off the spaces at its end");
        }
        row.text(utf8, start, length);
    }

    private void checkCharacters(String text) {
        text.codePoints().filter(characterSet::changes).findFirst().ifPresent(point -> {
            throw cannotHold('"' + text + '"', String.format(
                    "the database takes U+%X for another character in this character set", point));
        });
    }

    private static String quote(byte[] utf8, int start, int length) {
        return '"' + new String(utf8, start, length, StandardCharsets.UTF_8) + '"';
    }

    @Override
    public void writeBoolean(boolean value, RowBuffer row) {
        row.ascii(Boolean.toString(value));
    }

    @Override
    public void writeLong(long value, RowBuffer row) {
        NumberText.write(value, row);
    }

    @Override
    public void writeFloat(float value, RowBuffer row) {
        row.ascii(Float.toString(value));
    }

    @Override
    public void writeDouble(double value, RowBuffer row) {
        row.ascii(Double.toString(value));
    }

    @Override
    public void writeDecimal(BigDecimal value, RowBuffer row) {
        row.ascii(Math.abs((long) value.scale()) > 1_000 ? value.toString() : value.toPlainString());
    }

    @Override
    public void writeDate(long epochDays, RowBuffer row) {
        DateText.writeDate(this, epochDays, row);
    }

    @Override
    public void writeTime(long nanoseconds, RowBuffer row) {
        DateText.writeTime(nanoseconds, DateText.NANOSECOND_DIGITS, row);
    }

    @Override
    public void writeTimestamp(long epochSeconds, int nanoseconds, RowBuffer row) {
        DateText.writeTimestamp(this, epochSeconds, nanoseconds, 'T', DateText.NANOSECOND_DIGITS, row);
        row.ascii("Z");
    }

    @Override
    public void writeJson(byte[] utf8, int start, int length, RowBuffer row) {
        writeText(utf8, start, length, row);
    }
}
