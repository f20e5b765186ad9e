package sluice.mysql.database;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Privileges of the session's user and its active roles, as SHOW GRANTS lists them. They decide what
 * information_schema shows: without them a trigger or a foreign key looks as if it did not exist.
 */
final class Grants {
    private static final Pattern LINE = Pattern.compile(
            "(GRANT|REVOKE) (.+?) ON (?:TABLE )?(\\*|`(?:[^`]|``)+`)\\.(\\*|`(?:[^`]|``)+`) (?:TO|FROM) .*",
            Pattern.DOTALL);
    /** Columns of a privilege that is granted for some columns only. */
    private static final Pattern COLUMNS = Pattern.compile("\\s*\\([^)]*\\)");

    private final List<Grant> grants;

    private Grants(List<Grant> grants) {
        this.grants = grants;
    }

    static Grants read(Connection connection) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            String roles;
            try (ResultSet row = statement.executeQuery("SELECT CURRENT_ROLE(), VERSION()")) {
                row.next();
                // MariaDB lists the role's privileges by itself and has no USING.
                String active = row.getString(1);
                boolean listed = row.getString(2).contains("MariaDB") || active == null || active.equals("NONE");
                roles = listed ? "" : " FOR CURRENT_USER() USING " + active;
            }
            try (ResultSet rows = statement.executeQuery("SHOW GRANTS" + roles)) {
                while (rows.next()) {
                    lines.add(rows.getString(1));
                }
            }
        }
        return parse(lines);
    }

    static Grants parse(List<String> lines) {
        List<Grant> grants = new ArrayList<>();
        for (String line : lines) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches()) {
                String whole = COLUMNS.matcher(matcher.group(2)).replaceAll(" (some columns)");
                List<String> privileges = Arrays.stream(whole.split(",")).map(String::strip).toList();
                grants.add(new Grant(
                        matcher.group(1).equals("GRANT"), privileges, matcher.group(3), matcher.group(4)));
            }
        }
        return new Grants(grants);
    }

    /** Returns true if the privilege, such as "TRIGGER", is granted on the whole table. */
    boolean allow(String privilege, String database, String table) {
        return grants.stream().anyMatch(grant -> grant.granted && grant.has(privilege) && grant.covers(database, table))
                && grants.stream().noneMatch(
                        grant -> !grant.granted && grant.has(privilege) && grant.covers(database, table));
    }

    /** Returns true if the user sees the tables of every database. */
    boolean seeAllTables() {
        return grants.stream().anyMatch(
                grant -> grant.granted && grant.database.equals("*") && grant.table.equals("*") && grant.has("SELECT"))
                && grants.stream().allMatch(grant -> grant.granted);
    }

    private record Grant(boolean granted, List<String> privileges, String database, String table) {
        boolean has(String privilege) {
            return privileges.contains(privilege) || privileges.contains("ALL PRIVILEGES");
        }

        boolean covers(String otherDatabase, String otherTable) {
            // In a grant on a whole database its name is a pattern; on a table it is a name.
            boolean sameDatabase = database.equals("*") || (table.equals("*")
                    ? like(unquote(database), otherDatabase) : unquote(database).equals(otherDatabase));
            return sameDatabase && (table.equals("*") || unquote(table).equals(otherTable));
        }

        private static String unquote(String name) {
            return name.substring(1, name.length() - 1).replace("``", "`");
        }

        private static boolean like(String pattern, String name) {
            StringBuilder expression = new StringBuilder();
            for (int index = 0; index < pattern.length(); index++) {
                char one = pattern.charAt(index);
                if (one == '\\' && index + 1 < pattern.length()) {
                    expression.append(Pattern.quote(String.valueOf(pattern.charAt(++index))));
                } else {
                    expression.append(one == '%' ? ".*" : one == '_' ? "." : Pattern.quote(String.valueOf(one)));
                }
            }
            return Pattern.compile(expression.toString(), Pattern.DOTALL).matcher(name).matches();
        }
    }
}
