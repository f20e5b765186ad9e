package sluice.mysql;

/** Names of tables and columns in SQL statements. */
final class Identifiers {
    private Identifiers() { }

    /** Returns a name in backquotes, so that it may be a reserved word or hold any character. */
    static String quote(String name) {
        return '`' + name.replace("`", "``") + '`';
    }

    /** Returns the names in backquotes, with commas between them. */
    static String quoteAll(Iterable<String> names) {
        StringBuilder quoted = new StringBuilder();
        for (String name : names) {
            quoted.append(quoted.length() == 0 ? "" : ", ").append(quote(name));
        }
        return quoted.toString();
    }
}
