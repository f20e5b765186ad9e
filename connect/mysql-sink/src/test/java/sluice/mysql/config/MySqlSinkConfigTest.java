package sluice.mysql.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.sink.SinkConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sluice.mysql.MySqlSinkConnector;

class MySqlSinkConfigTest {
    private static MySqlSinkConfig config(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                MySqlSinkConfig.URL, "jdbc:mysql://db/d", MySqlSinkConfig.USERNAME, "u"));
        for (int index = 0; index < more.length; index += 2) {
            settings.put(more[index], more[index + 1]);
        }
        return new MySqlSinkConfig(settings);
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:mysql://db/d, db:3306/d",
        "jdbc:mariadb://db.example.com:3307/my-db, db.example.com:3307/my-db",
        "jdbc:mysql://[::1]:3306/d, [::1]:3306/d",
    })
    void urlIsParsed(String url, String parsed) {
        assertEquals(parsed, config(MySqlSinkConfig.URL, url).url().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "db", "jdbc:mysql://db", "jdbc:mysql://db/", "jdbc:postgresql://db/d",
        "jdbc:mysql://db:0/d", "jdbc:mysql://db:70000/d", "jdbc:mysql://u:s3cr3t@db/d",
        "jdbc:mysql://db/d?password=s3cr3t", "jdbc:mysql://db,other/d"})
    void wrongUrlIsRefusedWithoutRepeatingIt(String url) {
        ConfigException error = assertThrows(ConfigException.class, () -> config(MySqlSinkConfig.URL, url));
        assertTrue(error.getMessage().startsWith("connection.url "), error.getMessage());
        assertFalse(error.getMessage().contains("s3cr3t"), error.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "connection.tls.trusted.certificates, nonsense, holds no certificate",
        "retry.backoff.max.ms, 10, 'retry.backoff.max.ms is 10, which is below retry.backoff.ms (200)'",
        "value.format, detect, value.format=detect needs value.schema.registry.url",
        "value.format, xml, connect or detect",
        "pk.mode, none, record_key or record_value",
        "topic.to.table, (:t, has no valid pattern",
        "topic.to.table, t, pattern:table",
        "topic.to.table, a.*:$1, refers to a group",
        "topic.a.b.pk.mode, x, 'topic.a.b.pk.mode is x: choose record_key or record_value'",
        "topic.a.b.pk.field, x, topic.a.b.pk.field is no setting",
        "topic.a.pk.fields, '', topic.a.pk.fields is empty",
    })
    void wrongSettingIsRefused(String name, String value, String reason) {
        ConfigException error = assertThrows(ConfigException.class, () -> config(name, value));
        assertTrue(error.getMessage().contains(reason), error.getMessage());
    }

    @Test
    void contradictionsAreRefused() {
        ConfigException error = assertThrows(ConfigException.class,
                () -> config(MySqlSinkConfig.PK_MODE, "record_value", MySqlSinkConfig.KEY_MUST_EQUAL, "a"));
        assertTrue(error.getMessage().contains("leave it out"), error.getMessage());
    }

    @Test
    void topicsHaveTablesByPatternThenByFormat() {
        TopicTables tables = new TopicTables(List.of("cdc\\.shop\\.(.*):copy_of_$1", "cdc\\..*:other"), "all_${topic}");
        assertEquals("copy_of_users", tables.table("cdc.shop.users"));
        assertEquals("other", tables.table("cdc.bank.users"));
        assertEquals("all_gps", tables.table("gps"));
        assertEquals(Map.of("other", MySqlSinkConfig.TOPIC_TO_TABLE), tables.fixedTables());
    }

    @Test
    void settingsOfATopicGoBeforeTheGeneralOnes() {
        MySqlSinkConfig config = config("topic.a.b.pk.mode", "record_value", "topic.a.b.pk.fields", "x, y",
                MySqlSinkConfig.PK_FIELDS, "id");
        assertEquals(new RecordSettings(false, List.of("x", "y"), null, true), config.recordSettings("a.b"));
        assertEquals(new RecordSettings(true, List.of("id"), null, true), config.recordSettings("c"));
    }

    @Test
    void everySettingIsDocumentedAndInAGroup() {
        for (ConfigKey key : MySqlSinkConfig.definition().configKeys().values()) {
            assertTrue(key.documentation.endsWith(".") || key.documentation.endsWith("$1"), key.name);
            assertFalse(key.group == null || key.displayName == null, key.name);
        }
    }

    @Test
    void settingsAreShownWhereTheyMeanSomething() {
        ConfigKey certificates = MySqlSinkConfig.definition().configKeys().get(MySqlSinkConfig.TLS_CERTIFICATES);
        assertFalse(certificates.recommender.visible(certificates.name, Map.of(MySqlSinkConfig.TLS_ENABLED, false)));
        ConfigKey mode = MySqlSinkConfig.definition().configKeys().get(MySqlSinkConfig.WRITE_MODE);
        assertEquals(List.of("auto", "replace", "upsert"), mode.recommender.validValues(mode.name, Map.of()));
    }

    @Test
    void connectFindsTheConnector() {
        assertTrue(ServiceLoader.load(SinkConnector.class).stream().anyMatch(
                provider -> provider.type() == MySqlSinkConnector.class));
    }
}
