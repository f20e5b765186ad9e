package sluice.mysql.column;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import sluice.mysql.text.RowBuffer;

/**
 * ENUM columns. Text must be a member exactly: the database would take one in another case, with spaces at its end, or
 * a number for a member's position.
 */
final class EnumFormat extends ColumnFormat {
    private final List<byte[]> members;

    EnumFormat(Column column) {
        super(column);
        members = Members.of(column);
    }

    @Override
    public boolean keepsText() {
        return true;
    }

    @Override
    public void writeBoolean(boolean value, RowBuffer row) {
        throw refuse("a boolean");
    }

    @Override
    public void writeText(byte[] utf8, int start, int length, RowBuffer row) {
        for (byte[] member : members) {
            if (Arrays.equals(member, 0, member.length, utf8, start, start + length)) {
                row.text(utf8, start, length);
                return;
            }
        }
        String text = new String(utf8, start, length, StandardCharsets.UTF_8);
        throw cannotHold('"' + text + '"', "it is not one of its values");
    }
}
