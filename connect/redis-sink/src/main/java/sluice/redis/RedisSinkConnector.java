package sluice.redis;

import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import sluice.sink.SameSettingsConnector;

/** Writes each record's value to Redis under the record's key; a null value deletes the key. */
public final class RedisSinkConnector extends SameSettingsConnector {
    @Override
    protected void check(Map<String, String> properties) {
        new RedisSinkConfig(properties);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return RedisSinkTask.class;
    }

    @Override
    public ConfigDef config() {
        return RedisSinkConfig.definition();
    }

    @Override
    public Config validate(Map<String, String> properties) {
        Config config = super.validate(properties);
        RedisSinkConfig.checkCombinations(config.configValues());
        return config;
    }
}
