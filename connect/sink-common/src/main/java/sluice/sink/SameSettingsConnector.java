package sluice.sink;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.connect.sink.SinkConnector;

/** A sink connector whose tasks all get its own settings, and that does nothing by itself. */
public abstract class SameSettingsConnector extends SinkConnector {
    private Map<String, String> settings = Map.of();

    /** Throws a ConfigException for settings that are wrong. */
    protected abstract void check(Map<String, String> properties);

    @Override
    public final void start(Map<String, String> properties) {
        check(properties);
        settings = Map.copyOf(properties);
    }

    @Override
    public final List<Map<String, String>> taskConfigs(int maxTasks) {
        return Collections.nCopies(maxTasks, settings);
    }

    @Override
    public final void stop() {
        // Nothing to stop: each task has its own connection.
    }

    /** Returns the version in the manifest of the subclass's jar. */
    @Override
    public final String version() {
        return Objects.requireNonNullElse(getClass().getPackage().getImplementationVersion(), "development");
    }
}
