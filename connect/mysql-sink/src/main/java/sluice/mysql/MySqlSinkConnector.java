package sluice.mysql;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.sink.SinkConnector;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.config.SettingChecks;

/** Writes records to tables of MySQL or MariaDB, one row for each key; a null value deletes the row. */
public final class MySqlSinkConnector extends SinkConnector {
    private Map<String, String> settings = Map.of();

    @Override
    public void start(Map<String, String> properties) {
        new MySqlSinkConfig(properties);
        settings = Map.copyOf(properties);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return MySqlSinkTask.class;
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
        return MySqlSinkConfig.definition();
    }

    /** Checks the settings and, if there is nothing wrong with them, tries them on the database. */
    @Override
    public Config validate(Map<String, String> properties) {
        Config config = super.validate(properties);
        SettingChecks.check(config.configValues(), properties);
        if (config.configValues().stream().allMatch(value -> value.errorMessages().isEmpty())) {
            new ConnectionCheck(new MySqlSinkConfig(properties), config.configValues()).run();
        }
        return config;
    }

    @Override
    public String version() {
        return Objects.requireNonNullElse(getClass().getPackage().getImplementationVersion(), "development");
    }
}
