package sluice.sink;

import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;

/** Validator of a text that may be left out, but not empty. */
public final class OptionalNonEmpty implements Validator {
    @Override
    public void ensureValid(String name, Object value) {
        if (value instanceof String text && text.isBlank()) {
            throw new ConfigException(name, value, "Leave it out, or give a name.");
        }
    }

    @Override
    public String toString() {
        return "not empty where it is set";
    }
}
