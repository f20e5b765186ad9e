package sluice.mysql.config;

import static sluice.mysql.config.MySqlSinkConfig.DETECT;
import static sluice.mysql.config.MySqlSinkConfig.KEY_MUST_EQUAL;
import static sluice.mysql.config.MySqlSinkConfig.PK_FIELDS;
import static sluice.mysql.config.MySqlSinkConfig.PK_MODE;
import static sluice.mysql.config.MySqlSinkConfig.RECORD_KEY;
import static sluice.mysql.config.MySqlSinkConfig.RECORD_VALUE;
import static sluice.mysql.config.MySqlSinkConfig.REGISTRY_URL;
import static sluice.mysql.config.MySqlSinkConfig.RETRY_BACKOFF_MAX_MS;
import static sluice.mysql.config.MySqlSinkConfig.RETRY_BACKOFF_MS;
import static sluice.mysql.config.MySqlSinkConfig.TLS_CERTIFICATES;
import static sluice.mysql.config.MySqlSinkConfig.TLS_ENABLED;
import static sluice.mysql.config.MySqlSinkConfig.VALUE_FORMAT;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigValue;

/** Checks settings that are valid by themselves but not together; errors go to the setting to change. */
public final class SettingChecks {
    private final Map<String, ConfigValue> byName;

    private SettingChecks(List<ConfigValue> values) {
        byName = values.stream().collect(Collectors.toMap(ConfigValue::name, Function.identity()));
    }

    /** Adds errors to `values` and returns them; `properties` are all settings as they were given. */
    public static List<ConfigValue> check(List<ConfigValue> values, Map<String, String> properties) {
        SettingChecks checks = new SettingChecks(values);
        checks.tls();
        checks.retries();
        checks.records();
        checks.topics(properties);
        return values;
    }

    private void tls() {
        if (value(TLS_CERTIFICATES) != null && Boolean.FALSE.equals(value(TLS_ENABLED))) {
            error(TLS_ENABLED, TLS_CERTIFICATES + " is set, which means nothing without TLS: set " + TLS_ENABLED
                    + " to true.");
        }
    }

    private void retries() {
        if (value(RETRY_BACKOFF_MS) instanceof Long first && value(RETRY_BACKOFF_MAX_MS) instanceof Long longest
                && longest < first) {
            error(RETRY_BACKOFF_MAX_MS, RETRY_BACKOFF_MAX_MS + " is " + longest + ", which is below " + RETRY_BACKOFF_MS
                    + " (" + first + ").");
        }
    }

    private void records() {
        if (DETECT.equals(value(VALUE_FORMAT)) && value(REGISTRY_URL) == null) {
            error(REGISTRY_URL, VALUE_FORMAT + "=" + DETECT + " needs " + REGISTRY_URL + ".");
        }
        if (RECORD_VALUE.equals(value(PK_MODE)) && value(KEY_MUST_EQUAL) != null) {
            error(KEY_MUST_EQUAL, KEY_MUST_EQUAL + " compares with the record's key, which " + PK_MODE + "="
                    + RECORD_VALUE + " does not read: leave it out, or set " + PK_MODE + " to " + RECORD_KEY + ".");
        }
    }

    private void topics(Map<String, String> properties) {
        properties.forEach((name, value) -> {
            if (!name.startsWith("topic.") || name.equals(MySqlSinkConfig.TOPIC_TO_TABLE)) {
                return;
            }
            if (name.endsWith("." + PK_MODE)) {
                if (!RECORD_KEY.equals(value) && !RECORD_VALUE.equals(value)) {
                    error(PK_MODE, name + " is " + value + ": choose " + RECORD_KEY + " or " + RECORD_VALUE + ".");
                }
            } else if (!name.endsWith("." + PK_FIELDS)) {
                error(PK_MODE, name + " is no setting: topic.<topic>." + PK_MODE + " and topic.<topic>." + PK_FIELDS
                        + " are.");
            } else if (value == null || value.isBlank()) {
                error(PK_FIELDS, name + " is empty: name the fields, or leave it out.");
            }
        });
    }

    private Object value(String name) {
        return byName.get(name).value();
    }

    private void error(String name, String message) {
        byName.get(name).addErrorMessage(message);
    }
}
