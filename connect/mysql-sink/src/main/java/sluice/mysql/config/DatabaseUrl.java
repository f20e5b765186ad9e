package sluice.mysql.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/**
 * Parsed connection.url.
 *
 * @param host     name or address of the server, IPv6 in brackets
 * @param port     TCP port
 * @param database name of the database
 */
public record DatabaseUrl(String host, int port, String database) {
    private static final Pattern FORM =
            Pattern.compile("jdbc:(?:mysql|mariadb)://(\\[[0-9a-fA-F:.%]+]|[^/:?#@,;()]+)(?::(\\d{1,5}))?/([^/?#;&]+)");
    private static final int DEFAULT_PORT = 3306;
    private static final int MAX_PORT = 65_535;
    private static final String FORM_TEXT = "jdbc:mysql://host[:port]/database or jdbc:mariadb://host[:port]/database";

    /** Parses a URL; throws an IllegalArgumentException whose text does not repeat it, as it may hold a password. */
    static DatabaseUrl parse(String url) {
        if (url.indexOf('?') >= 0) {
            throw new IllegalArgumentException("has parameters (after ?): leave them out, each has its own setting");
        }
        Matcher matcher = FORM.matcher(url);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("is not of the form " + FORM_TEXT);
        }
        int port = matcher.group(2) == null ? DEFAULT_PORT : Integer.parseInt(matcher.group(2));
        if (port < 1 || port > MAX_PORT) {
            throw new IllegalArgumentException("has a port that is not between 1 and " + MAX_PORT);
        }
        return new DatabaseUrl(matcher.group(1), port, matcher.group(3));
    }

    /** Returns the URL for MariaDB's driver, which speaks to both servers. */
    public String forDriver() {
        return "jdbc:mariadb://" + host + ":" + port + "/" + database;
    }

    @Override
    public String toString() {
        return host + ":" + port + "/" + database;
    }

    /** Validator of the setting. */
    static final class Form implements Validator {
        @Override
        public void ensureValid(String name, Object value) {
            try {
                parse((String) value);
            } catch (IllegalArgumentException error) {
                throw new ConfigException(name + " " + error.getMessage() + ".");
            }
        }

        @Override
        public String toString() {
            return FORM_TEXT;
        }
    }
}
