package sluice.mysql.column;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import sluice.mysql.text.RowBuffer;

/** SET columns: members with commas between them, in any order, each exactly as in the column's definition and once. */
final class SetFormat extends ColumnFormat {
    private final Set<String> members;

    SetFormat(Column column) {
        super(column);
        members = Members.of(column).stream()
                .map(member -> new String(member, StandardCharsets.UTF_8)).collect(Collectors.toSet());
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
        String text = new String(utf8, start, length, StandardCharsets.UTF_8);
        Set<String> seen = new HashSet<>();
        for (String member : length == 0 ? new String[0] : text.split(",", -1)) {
            if (!members.contains(member)) {
                throw cannotHold('"' + text + '"', '"' + member + "\" is not one of its values");
            }
            if (!seen.add(member)) {
                throw cannotHold('"' + text + '"', '"' + member + "\" is in it twice");
            }
        }
        row.text(utf8, start, length);
    }
}
