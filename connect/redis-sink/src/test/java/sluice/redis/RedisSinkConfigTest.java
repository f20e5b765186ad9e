package sluice.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sluice.redis.RedisFixtures.settings;

import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.sink.SinkConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Documentation of the settings, and the messages for invalid ones. */
class RedisSinkConfigTest {
    private final RedisSinkConnector connector = new RedisSinkConnector();

    static Stream<ConfigKey> settingsOfTheConnector() {
        return RedisSinkConfig.definition().configKeys().values().stream();
    }

    private Map<String, List<String>> mistakes(Map<String, String> given) {
        return connector.validate(given).configValues().stream()
                .filter(value -> !value.errorMessages().isEmpty())
                .collect(Collectors.toMap(ConfigValue::name, ConfigValue::errorMessages));
    }

    @ParameterizedTest
    @MethodSource("settingsOfTheConnector")
    void everySettingIsExplainedGroupedAndChecked(ConfigKey key) {
        assertFalse(key.documentation.isBlank());
        assertFalse(key.displayName.equals(key.name));
        assertNotNull(key.group);
        boolean anythingGoes = key.type == Type.BOOLEAN || key.type == Type.PASSWORD
                || key.name.equals(RedisSinkConfig.KEY_PREFIX);
        assertTrue(anythingGoes || key.validator != null, "no validator");
    }

    @Test
    void secretIsNeverShown() {
        RedisSinkConfig config = new RedisSinkConfig(settings(6379, RedisSinkConfig.PASSWORD, "secret"));
        assertEquals("secret", config.password());
        assertFalse(config.values().toString().contains("secret"));
    }

    @ParameterizedTest
    @CsvSource({
        "redis.host, ''", "redis.port, 65536", "redis.port, six", "redis.database, -1", "redis.username, ' '",
        "redis.ttl.ms, -1", "redis.max.value.bytes, 536870913", "redis.pipeline.bytes, 0",
        "redis.connect.timeout.ms, 0", "redis.command.timeout.ms, -5", "redis.retry.timeout.ms, -2",
        "redis.retry.backoff.ms, 0", "redis.offsets.key, ' '", "redis.tls.trusted.certificates, nonsense"})
    void errorIsReportedAtItsSetting(String name, String value) {
        Map<String, String> given = settings(6379, RedisSinkConfig.PASSWORD, "secret",
                RedisSinkConfig.TLS_ENABLED, "true", name, value);
        assertEquals(List.of(name), List.copyOf(mistakes(given).keySet()));
        assertThrows(ConfigException.class, () -> connector.start(given));
    }

    @ParameterizedTest
    @CsvSource({
        "redis.username, connect, redis.password", "redis.retry.backoff.ms, 6000, redis.retry.backoff.max.ms"})
    void contradictingSettingsAreReported(String name, String value, String setting) {
        Map<String, String> given = settings(6379, name, value);
        assertEquals(List.of(setting), List.copyOf(mistakes(given).keySet()));
        assertThrows(ConfigException.class, () -> connector.start(given));
    }

    @Test
    void missingHostIsReported() {
        assertEquals(List.of(RedisSinkConfig.HOST), List.copyOf(mistakes(Map.of()).keySet()));
    }

    @Test
    void everyTaskGetsTheSettings() {
        connector.start(settings(6379));
        assertEquals(List.of(settings(6379), settings(6379)), connector.taskConfigs(2));
    }

    @Test
    void workerFindsTheConnectorByItsService() {
        assertEquals(
                List.of(RedisSinkConnector.class),
                ServiceLoader.load(SinkConnector.class).stream().map(ServiceLoader.Provider::type).toList());
    }
}
