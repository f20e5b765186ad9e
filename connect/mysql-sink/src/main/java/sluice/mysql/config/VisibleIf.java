package sluice.mysql.config;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef.Recommender;

/**
 * Recommender of a setting that means something only while another one has a certain value.
 *
 * @param setting name of the other setting
 * @param value   its value
 */
record VisibleIf(String setting, Object value) implements Recommender {
    @Override
    public List<Object> validValues(String name, Map<String, Object> settings) {
        return List.of();
    }

    @Override
    public boolean visible(String name, Map<String, Object> settings) {
        return value.equals(settings.get(setting));
    }
}
