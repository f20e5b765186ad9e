package sluice.sink;

import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Recommender;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;

/** A group of settings for display, in the order in which they are added. */
public final class SettingGroup {
    private final ConfigDef definition;
    private final String name;
    private final Importance importance;
    private int order;

    public SettingGroup(ConfigDef definition, String name, Importance importance) {
        this.definition = definition;
        this.name = name;
        this.importance = importance;
    }

    public void required(String key, Type type, Validator validator, String display, String doc) {
        add(key, type, ConfigDef.NO_DEFAULT_VALUE, validator, display, doc);
    }

    public void add(String key, Type type, Object defaultValue, Validator validator, String display, String doc) {
        add(key, type, defaultValue, validator, display, doc, null);
    }

    /** Adds a setting for which `recommender` proposes values; null for none. */
    public void add(String key, Type type, Object defaultValue, Validator validator, String display, String doc,
            Recommender recommender) {
        definition.define(key, type, defaultValue, validator, importance, doc, name, ++order, Width.MEDIUM, display,
                recommender);
    }
}
