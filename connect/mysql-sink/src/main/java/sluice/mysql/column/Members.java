package sluice.mysql.column;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Members of an ENUM or SET column, from its type: enum('a','it''s'). */
final class Members {
    private Members() { }

    static List<byte[]> of(Column column) {
        List<byte[]> members = new ArrayList<>();
        String type = column.type();
        int index = type.indexOf('(') + 1;
        while (type.charAt(index) == '\'') {
            StringBuilder member = new StringBuilder();
            for (index++; type.charAt(index) != '\'' || type.charAt(index + 1) == '\''; index++) {
                char one = type.charAt(index);
                if (one == '\'') {
                    index++;
                } else if (one == '\\') {
                    one = unescape(type.charAt(++index));
                }
                member.append(one);
            }
            members.add(member.toString().getBytes(StandardCharsets.UTF_8));
            index += type.charAt(index + 1) == ',' ? 2 : 1;
        }
        return members;
    }

    private static char unescape(char one) {
        switch (one) {
            case '0': return '\0';
            case 'n': return '\n';
            case 'r': return '\r';
            default: return one;
        }
    }
}
