package sluice.mysql.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/** Names of the topics' tables: topic.to.table, then table.name.format. */
public final class TopicTables {
    /** Placeholder for the topic's name. */
    static final String TOPIC = "${topic}";

    private record Rule(Pattern topics, String table) { }

    private final List<Rule> rules;
    private final String format;

    public TopicTables(List<String> rules, String format) {
        this.rules = rules.stream().map(TopicTables::rule).toList();
        this.format = format;
    }

    /** Returns the name of the topic's table. */
    public String table(String topic) {
        for (Rule rule : rules) {
            Matcher matcher = rule.topics.matcher(topic);
            if (matcher.matches()) {
                return matcher.replaceFirst(rule.table);
            }
        }
        return format.replace(TOPIC, topic);
    }

    /** Returns the name of the setting that names the topic's table. */
    public String setting(String topic) {
        boolean ruled = rules.stream().anyMatch(rule -> rule.topics.matcher(topic).matches());
        return ruled ? MySqlSinkConfig.TOPIC_TO_TABLE : MySqlSinkConfig.TABLE_NAME_FORMAT;
    }

    /** Returns the tables that are named without anything of a topic's name, each with its setting. */
    public Map<String, String> fixedTables() {
        Map<String, String> tables = new LinkedHashMap<>();
        rules.stream().map(Rule::table).filter(table -> table.indexOf('$') < 0 && table.indexOf('\\') < 0)
                .forEach(table -> tables.put(table, MySqlSinkConfig.TOPIC_TO_TABLE));
        if (!format.contains(TOPIC)) {
            tables.put(format, MySqlSinkConfig.TABLE_NAME_FORMAT);
        }
        return tables;
    }

    private static Rule rule(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0 || colon == text.length() - 1) {
            throw new IllegalArgumentException(text + " is not of the form pattern:table");
        }
        try {
            Pattern pattern = Pattern.compile(text.substring(0, colon));
            String table = text.substring(colon + 1);
            checkReferences(pattern, table);
            return new Rule(pattern, table);
        } catch (PatternSyntaxException error) {
            throw new IllegalArgumentException(text + " has no valid pattern: " + error.getDescription(), error);
        }
    }

    /** Throws an IllegalArgumentException if the table's name refers to a group that the pattern does not have. */
    private static void checkReferences(Pattern pattern, String table) {
        // An alternative that matches the empty text has the same groups.
        Matcher matcher = Pattern.compile(pattern.pattern() + "|").matcher("");
        try {
            matcher.replaceFirst(table);
        } catch (IndexOutOfBoundsException | IllegalArgumentException error) {
            throw new IllegalArgumentException(table + " refers to a group that " + pattern + " does not have", error);
        }
    }

    /** Validator of topic.to.table. */
    static final class Form implements Validator {
        @Override
        public void ensureValid(String name, Object value) {
            for (Object text : (List<?>) value) {
                try {
                    rule((String) text);
                } catch (IllegalArgumentException error) {
                    throw new ConfigException(name + ": " + error.getMessage() + ".");
                }
            }
        }

        @Override
        public String toString() {
            return "pattern:table, …";
        }
    }
}
