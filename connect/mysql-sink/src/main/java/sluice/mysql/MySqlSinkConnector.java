package sluice.mysql;

import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import sluice.mysql.config.MySqlSinkConfig;
import sluice.mysql.config.SettingChecks;
import sluice.sink.SameSettingsConnector;

/** Writes records to tables of MySQL or MariaDB, one row for each key; a null value deletes the row. */
public final class MySqlSinkConnector extends SameSettingsConnector {
    @Override
    protected void check(Map<String, String> properties) {
        new MySqlSinkConfig(properties);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return MySqlSinkTask.class;
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
}
