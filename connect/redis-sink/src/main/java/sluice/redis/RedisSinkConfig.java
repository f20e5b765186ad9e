package sluice.redis;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.config.types.Password;
import sluice.sink.Certificates;
import sluice.sink.OptionalNonEmpty;
import sluice.sink.RetryBackoff;
import sluice.sink.SettingGroup;

/** Settings of the connector; docs/redis-sink.md has them as a table. */
final class RedisSinkConfig extends AbstractConfig {
    static final String HOST = "redis.host";
    static final String PORT = "redis.port";
    static final String DATABASE = "redis.database";
    static final String USERNAME = "redis.username";
    static final String PASSWORD = "redis.password";
    static final String TLS_ENABLED = "redis.tls.enabled";
    static final String TLS_CERTIFICATES = "redis.tls.trusted.certificates";
    static final String TLS_VERIFY_HOSTNAME = "redis.tls.verify.hostname";
    static final String KEY_PREFIX = "redis.key.prefix";
    static final String TTL_MS = "redis.ttl.ms";
    static final String MAX_VALUE_BYTES = "redis.max.value.bytes";
    static final String PIPELINE_BYTES = "redis.pipeline.bytes";
    static final String OFFSETS_KEY = "redis.offsets.key";
    static final String CONNECT_TIMEOUT_MS = "redis.connect.timeout.ms";
    static final String COMMAND_TIMEOUT_MS = "redis.command.timeout.ms";
    static final String RETRY_TIMEOUT_MS = "redis.retry.timeout.ms";
    static final String RETRY_BACKOFF_MS = "redis.retry.backoff.ms";
    static final String RETRY_BACKOFF_MAX_MS = "redis.retry.backoff.max.ms";
    /** Default of Redis' proto-max-bulk-len: it rejects longer strings. */
    static final int REDIS_MAX_VALUE_BYTES = 512 << 20;

    /** In redis.offsets.key, the place of the connector's name. */
    static final String CONNECTOR = "${connector}";

    private static final int DAY_MS = 86_400_000;
    private static final int MAX_PORT = 65_535;

    RedisSinkConfig(Map<String, String> properties) {
        super(definition(), properties, false);
        for (ConfigValue value : checkCombinations(definition().validate(properties))) {
            for (String message : value.errorMessages()) {
                throw new ConfigException(message);
            }
        }
    }

    static ConfigDef definition() {
        ConfigDef definition = new ConfigDef();
        server(new SettingGroup(definition, "Server", Importance.HIGH));
        tls(new SettingGroup(definition, "TLS", Importance.MEDIUM));
        records(new SettingGroup(definition, "Records", Importance.MEDIUM));
        failures(new SettingGroup(definition, "Timeouts and retries", Importance.MEDIUM));
        return definition;
    }

    private static void server(SettingGroup group) {
        group.required(HOST, Type.STRING, new NonEmptyString(), "Host", "Name or address of the Redis server.");
        group.add(PORT, Type.INT, 6379, Range.between(1, MAX_PORT), "Port", "Port of the Redis server.");
        group.add(DATABASE, Type.INT, 0, Range.atLeast(0), "Database",
                "Number of the database that is written to. By default a server has 16, from 0.");
        group.add(USERNAME, Type.STRING, null, new OptionalNonEmpty(), "User",
                "Redis user (ACL). Without one, the password is the default user's.");
        group.add(PASSWORD, Type.PASSWORD, null, null, "Password",
                "The user's password. Write ${env:NAME}, so that it is not stored in a file or a topic.");
    }

    private static void tls(SettingGroup group) {
        group.add(TLS_ENABLED, Type.BOOLEAN, false, null, "TLS", "Connect to the server over TLS.");
        group.add(TLS_CERTIFICATES, Type.STRING, null, new Certificates(), "Trusted certificates",
                "Certificate authorities to trust, as PEM text, for instance ${env:NAME}. "
                        + "Default: those that Java trusts.");
        group.add(TLS_VERIFY_HOSTNAME, Type.BOOLEAN, true, null, "Verify the host's name",
                "Reject a certificate that was not issued for " + HOST + ".");
    }

    private static void records(SettingGroup group) {
        group.add(KEY_PREFIX, Type.STRING, "", null, "Key prefix", "Prefix of every key in Redis.");
        group.add(TTL_MS, Type.LONG, 0L, Range.atLeast(0), "Time to live (ms)",
                "How long Redis keeps a value after it was written. 0 keeps it until it is deleted.");
        group.add(MAX_VALUE_BYTES, Type.INT, REDIS_MAX_VALUE_BYTES, Range.between(0, REDIS_MAX_VALUE_BYTES),
                "Largest value (bytes)",
                "A record with a larger value is a bad record: it goes to the dead letter queue. The default is "
                        + "Redis' own limit, so that only the topic's max.message.bytes decides.");
        group.add(PIPELINE_BYTES, Type.INT, 16 << 20, Range.atLeast(1), "Pipeline (bytes)",
                "Bytes sent to Redis before waiting for its replies. A single larger value is sent alone.");
        group.add(OFFSETS_KEY, Type.STRING, null, new OptionalNonEmpty(), "Key of the offsets",
                "What the keys begin with in which Redis holds the offsets of the partitions, written with their records; "
                        + CONNECTOR + " is replaced by the connector's name. Where Redis has lost what it had "
                        + "acknowledged, the connector goes back by itself. Without it, offsets are only in Kafka.");
    }

    private static void failures(SettingGroup group) {
        group.add(CONNECT_TIMEOUT_MS, Type.INT, 5_000, Range.between(1, DAY_MS), "Connect timeout (ms)",
                "How long opening a connection may take, TLS and login included.");
        group.add(COMMAND_TIMEOUT_MS, Type.INT, 30_000, Range.between(1, DAY_MS), "Command timeout (ms)",
                "How long one pipeline may take, from its first byte to its last reply.");
        group.add(RETRY_TIMEOUT_MS, Type.LONG, 120_000L, Range.atLeast(RetryBackoff.NO_TIMEOUT), "Retry timeout (ms)",
                "How long to retry a failing server before the task fails. 0: no retry, -1: no limit.");
        group.add(RETRY_BACKOFF_MS, Type.LONG, 200L, Range.between(1, DAY_MS), "Retry backoff (ms)",
                "Pause before the first retry; doubles with each retry.");
        group.add(RETRY_BACKOFF_MAX_MS, Type.LONG, 5_000L, Range.between(1, DAY_MS), "Longest retry backoff (ms)",
                "Longest pause between retries.");
    }

    /** Checks settings that are valid by themselves but not together; adds errors to the setting to change. */
    static List<ConfigValue> checkCombinations(List<ConfigValue> values) {
        Map<String, ConfigValue> byName = values.stream().collect(Collectors.toMap(ConfigValue::name, Function.identity()));
        if (byName.get(USERNAME).value() != null && byName.get(PASSWORD).value() == null) {
            byName.get(PASSWORD).addErrorMessage(USERNAME + " is set, so " + PASSWORD + " must be set too.");
        }
        if (byName.get(TLS_CERTIFICATES).value() != null && Boolean.FALSE.equals(byName.get(TLS_ENABLED).value())) {
            byName.get(TLS_ENABLED).addErrorMessage(
                    TLS_CERTIFICATES + " is set, which means nothing without TLS: set " + TLS_ENABLED + " to true.");
        }
        if (byName.get(RETRY_BACKOFF_MS).value() instanceof Long first
                && byName.get(RETRY_BACKOFF_MAX_MS).value() instanceof Long longest && longest < first) {
            byName.get(RETRY_BACKOFF_MAX_MS).addErrorMessage(
                    RETRY_BACKOFF_MAX_MS + " is " + longest + ", which is below " + RETRY_BACKOFF_MS + " (" + first + ").");
        }
        return values;
    }

    RetryBackoff retryBackoff() {
        return new RetryBackoff(RETRY_TIMEOUT_MS, getLong(RETRY_TIMEOUT_MS), getLong(RETRY_BACKOFF_MS),
                getLong(RETRY_BACKOFF_MAX_MS));
    }

    String server() {
        return getString(HOST) + ":" + getInt(PORT);
    }

    /** Returns what the keys of the offsets begin with, or null if they are not kept in Redis. */
    String offsetsKey() {
        String key = getString(OFFSETS_KEY);
        return key == null ? null : key.replace(CONNECTOR, originalsStrings().getOrDefault("name", "sluice"));
    }

    /** Returns the password, or null. */
    String password() {
        Password password = getPassword(PASSWORD);
        return password == null ? null : password.value();
    }
}
