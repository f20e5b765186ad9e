package sluice.redis;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;

/** Writes each record's value to Redis under the record's key; a null value deletes the key. */
public final class RedisSinkConnector extends SinkConnector {
    private Map<String, String> settings = Map.of();

    @Override
    public void start(Map<String, String> properties) {
        new RedisSinkConfig(properties);
        settings = Map.copyOf(properties);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return RedisSinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.nCopies(maxTasks, settings);
    }

    @Override
    public void stop() {
        // Nothing to stop: each task has its own connection.
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

    @Override
    public String version() {
        return Objects.requireNonNullElse(getClass().getPackage().getImplementationVersion(), "development");
    }
}
