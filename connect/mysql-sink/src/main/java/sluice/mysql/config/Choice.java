package sluice.mysql.config;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef.Recommender;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/** Validator and recommender of a setting with a few possible values. */
final class Choice implements Validator, Recommender {
    private final List<String> values;

    Choice(String... values) {
        this.values = List.of(values);
    }

    @Override
    public void ensureValid(String name, Object value) {
        if (!values.contains(value)) {
            throw new ConfigException(name, value, "Choose " + this + ".");
        }
    }

    @Override
    public List<Object> validValues(String name, Map<String, Object> settings) {
        return List.copyOf(values);
    }

    @Override
    public boolean visible(String name, Map<String, Object> settings) {
        return true;
    }

    @Override
    public String toString() {
        return String.join(" or ", values);
    }
}
