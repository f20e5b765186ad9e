package sluice.mysql.database;

/** Names of tables and columns in SQL statements. */
public final class Identifiers {
    private Identifiers() { }

    /** Returns a name in backquotes, so that it may be a reserved word or hold any character. */
    public static String quote(String name) {
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
