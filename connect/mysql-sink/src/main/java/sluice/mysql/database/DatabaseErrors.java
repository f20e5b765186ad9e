package sluice.mysql.database;

import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.RetriableException;
import sluice.mysql.config.DatabaseUrl;
import sluice.sink.RefusedException;

/** Classifies errors of MySQL and MariaDB, by their codes, which both share, and their SQL states. */
public final class DatabaseErrors {
    /** What to do about an error. */
    public enum Kind {
        /** It passes: try again. */
        RETRY,
        /** A person must change something. */
        REFUSED,
        /** A record is bad. */
        RECORD,
        /** Not known: a record is bad if others of its table can be written. */
        UNKNOWN
    }

    /**
     * Connections exhausted or ended, shutdown, offline, lock wait, deadlock, read-only, disk or memory full, files of a
     * table or of the log that cannot be read or written, interrupted, errors of a cluster that is not ready, an answer
     * that is no packet, LOCAL switched off since the connection was opened.
     */
    private static final Set<Integer> RETRY = Set.of(
            1015, 1016, 1020, 1021, 1023, 1024, 1026, 1027, 1028, 1030, 1036, 1037, 1038, 1040, 1041, 1047, 1053, 1077,
            1078, 1079, 1080, 1114, 1129, 1135, 1148, 1158, 1159, 1160, 1161, 1180, 1184, 1194, 1195, 1203, 1205, 1206,
            1213, 1226, 1290, 1297, 1317, 1412, 1598, 1613, 1614, 1615, 1637, 1792, 1812, 1814, 1835, 1836, 1927, 1932,
            1969, 2006, 2013, 2027, 3024, 3032, 3058, 3100, 3101, 3169, 3170, 3572, 3948, 4031, 4166);

    /** Codes below are errors of the server's files and memory: a full disk is 3, 20 or 28, by the place of the file. */
    private static final int FIRST_OF_STATEMENTS = 1000;

    /** Errors of a record although their SQL state does not say so. */
    private static final Set<Integer> RECORD = Set.of(
            1022, 1048, 1062, 1118, 1153, 1169, 1216, 1217, 1261, 1262, 1264, 1265, 1292, 1300, 1364, 1366, 1367, 1406,
            1411, 1416, 1441, 1451, 1452, 1526, 1557, 1586, 1591, 1644, 1690, 1748, 1761, 1762, 1859, 3140, 3141, 3156,
            3751, 3819, 3903, 4025);

    private static final int DUPLICATE = 1062;
    private static final int KILLED = 1927;

    /** Too slow for a limit of the server, too many locks, too large for a cluster. */
    private static final Set<Integer> TOO_MUCH = Set.of(1206, 1969, 3024, 3100);

    private static final Map<Integer, String> ADVICE = Map.ofEntries(
            Map.entry(1044, "GRANT the user what it needs on the database, CREATE TEMPORARY TABLES too."),
            Map.entry(1045, "Check connection.username and connection.password."),
            Map.entry(1049, "Create the database, or change connection.url."),
            Map.entry(1130, "Allow the user to log in from this machine."),
            Map.entry(1142, "GRANT SELECT, INSERT, UPDATE, DELETE ON the table TO the user; or there is no such table, "
                    + "which a user without rights on the database is not told."),
            Map.entry(1143, "GRANT SELECT, INSERT, UPDATE, DELETE ON the table TO the user."),
            Map.entry(1146, "Create the table, or change table.name.format or topic.to.table."),
            Map.entry(1227, "GRANT the user what the message names."),
            Map.entry(1524, "The user's authentication plugin is not known here."),
            Map.entry(1698, "Check connection.username and connection.password."),
            Map.entry(1820, "The user's password has expired: set another."),
            Map.entry(1862, "The user's password has expired: set another."),
            Map.entry(3118, "Unlock the user's account."),
            Map.entry(3159, "Set connection.tls.enabled to true."),
            Map.entry(4151, "Unlock the user's account."));

    /** Warnings that say nothing about a row: deprecated syntax, statements unsafe for statement-based replication. */
    private static final Set<Integer> HARMLESS_WARNINGS = Set.of(1287, 1592, 1681);

    private static final Pattern CONNECTION_PREFIX = Pattern.compile("^\\(conn=\\d+\\) ");

    private final String server;

    public DatabaseErrors(DatabaseUrl url) {
        server = "database at " + url;
    }

    static boolean harmless(int warning) {
        return HARMLESS_WARNINGS.contains(warning);
    }

    /**
     * Returns whether a row with the same key is there. It need not be the record's fault: another writer may have
     * inserted the row after it was looked for.
     */
    public static boolean duplicate(SQLException error) {
        return error.getErrorCode() == DUPLICATE;
    }

    /** Returns whether a smaller transaction may succeed. */
    public static boolean tooMuch(SQLException error) {
        return TOO_MUCH.contains(error.getErrorCode()) || error instanceof SQLTimeoutException;
    }

    /** Returns whether the connection has ended. */
    public static boolean connectionLost(SQLException error) {
        return error.getErrorCode() == KILLED || String.valueOf(error.getSQLState()).startsWith("08");
    }

    public static Kind kind(SQLException error) {
        int code = error.getErrorCode();
        String state = error.getSQLState() == null ? "" : error.getSQLState();
        if (RECORD.contains(code)) {
            return Kind.RECORD;
        }
        if (ADVICE.containsKey(code) || untrusted(error) || withoutTls(error)) {
            return Kind.REFUSED;
        }
        boolean files = code > 0 && code < FIRST_OF_STATEMENTS;
        if (files || RETRY.contains(code) || error instanceof SQLTimeoutException) {
            return Kind.RETRY;
        }
        switch (state.substring(0, Math.min(2, state.length()))) {
            case "08":
            case "40":
            case "70":
                return Kind.RETRY;
            case "28":
                return Kind.REFUSED;
            case "22":
            case "23":
            case "45":
                return Kind.RECORD;
            default:
                return Kind.UNKNOWN;
        }
    }

    /** Returns whether the server's certificate is the reason. */
    public static boolean untrusted(SQLException error) {
        String message = String.valueOf(error.getMessage());
        if (message.contains("hostname verification failed") || message.contains("Self signed certificates")) {
            return true;
        }
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether TLS is wanted and the server has none. */
    public static boolean withoutTls(SQLException error) {
        return String.valueOf(error.getMessage()).contains("ssl not enabled in the server");
    }

    /** Returns the server's own code, SQL state and message. */
    public static String text(SQLException error) {
        Throwable root = error;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String oneLine = String.valueOf(error.getMessage()).replace('\n', ' ');
        String message = CONNECTION_PREFIX.matcher(oneLine).replaceFirst("");
        if (root != error && root.getMessage() != null && !message.contains(root.getMessage())) {
            message += " (" + CONNECTION_PREFIX.matcher(root.getMessage()).replaceFirst("") + ")";
        }
        String code = error.getErrorCode() <= 0 ? "" : "error " + error.getErrorCode() + " ";
        return code + "(" + error.getSQLState() + "): " + message;
    }

    /** Returns the exception for an error: a RetriableException if it may pass. */
    public ConnectException exception(SQLException error) {
        if (kind(error) == Kind.RETRY) {
            return new RetriableException(server + ": " + text(error), error);
        }
        String advice = untrusted(error)
                ? "Check connection.tls.trusted.certificates and the host in connection.url."
                : ADVICE.getOrDefault(error.getErrorCode(), "");
        return new RefusedException((server + " refuses: " + text(error) + ". " + advice).strip(), error);
    }
}
