package sluice.mysql.column;

import java.util.Set;

/**
 * What is special in the conversion from UTF-8 to a column's character set. Tried on MariaDB 11.4 and MySQL 9.7 with
 * all their character sets: a character that is not in one is refused by the database, but for those here.
 */
final class CharacterSet {
    private static final int BEYOND_BMP = 0x10000;
    /** In cp932 it becomes U+6659. */
    private static final int CHANGED_IN_CP932 = 0x6661;
    /** Those in which text may take more bytes than in UTF-8: up to four times as many. */
    private static final Set<String> LARGER = Set.of("ucs2", "utf16", "utf16le", "utf32", "gb18030");

    private final String name;

    /** `name` may be null. */
    CharacterSet(String name) {
        this.name = name == null ? "" : name;
    }

    /** Returns how many times as many bytes text may take as in UTF-8. */
    int growth() {
        return LARGER.contains(name) ? 4 : 1;
    }

    /** Returns true if the database takes some characters for others. */
    boolean changesSome() {
        return name.equals("tis620") || name.equals("cp932");
    }

    boolean changes(int codePoint) {
        return name.equals("tis620") ? codePoint >= BEYOND_BMP
                : name.equals("cp932") && codePoint == CHANGED_IN_CP932;
    }
}
