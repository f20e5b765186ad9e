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
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.config.types.Password;

/** What can be set on the connector. docs/redis-sink.md has the same as a table. */
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
    static final String CONNECT_TIMEOUT_MS = "redis.connect.timeout.ms";
    static final String COMMAND_TIMEOUT_MS = "redis.command.timeout.ms";
    static final String RETRY_TIMEOUT_MS = "redis.retry.timeout.ms";
    static final String RETRY_BACKOFF_MS = "redis.retry.backoff.ms";
    static final String RETRY_BACKOFF_MAX_MS = "redis.retry.backoff.max.ms";
    /** Kafka Connect's own setting, which a task is given as well. */
    static final String DEAD_LETTER_TOPIC = "errors.deadletterqueue.topic.name";

    /** Redis refuses a string that is longer, unless its proto-max-bulk-len was raised. */
    static final int REDIS_MAX_VALUE_BYTES = 512 << 20;

    /** As a retry timeout. */
    static final long WITHOUT_END = -1;

    private static final int A_DAY_MS = 86_400_000;
    private static final int A_PORT = 65_535;

    RedisSinkConfig(Map<String, String> given) {
        super(definition(), given, false);
        for (ConfigValue value : checkTogether(definition().validate(given))) {
            for (String message : value.errorMessages()) {
                throw new ConfigException(message);
            }
        }
    }

    static ConfigDef definition() {
        ConfigDef definition = new ConfigDef();
        server(new Group(definition, "Server"));
        tls(new Group(definition, "TLS"));
        records(new Group(definition, "Records"));
        failures(new Group(definition, "Timeouts and retries"));
        return definition;
    }

    private static void server(Group group) {
        group.required(HOST, Type.STRING, new NonEmptyString(), "Host", "Name or address of the Redis server.");
        group.add(PORT, Type.INT, 6379, Range.between(1, A_PORT), "Port", "Port of the Redis server.");
        group.add(DATABASE, Type.INT, 0, Range.atLeast(0), "Database",
                "Number of the database that is written to. A server has 16, from 0, unless it is told otherwise.");
        group.add(USERNAME, Type.STRING, null, new OptionalNonEmpty(), "User",
                "Redis user (ACL). Without one, the password is the default user's.");
        group.add(PASSWORD, Type.PASSWORD, null, null, "Password",
                "The user's password. Give it as ${env:NAME}, so that it stands in no file and in no topic.");
    }

    private static void tls(Group group) {
        group.add(TLS_ENABLED, Type.BOOLEAN, false, null, "TLS", "Speak TLS to the server.");
        group.add(TLS_CERTIFICATES, Type.STRING, null, new Certificates(), "Trusted certificates",
                "The authorities that may have signed the server's certificate, as PEM text, for instance ${env:NAME}. "
                        + "Those that Java trusts by default where it is not set.");
        group.add(TLS_VERIFY_HOSTNAME, Type.BOOLEAN, true, null, "Verify the host's name",
                "Refuse a certificate that was not made for " + HOST + ".");
    }

    private static void records(Group group) {
        group.add(KEY_PREFIX, Type.STRING, "", null, "Key prefix", "Text that every key in Redis begins with.");
        group.add(TTL_MS, Type.LONG, 0L, Range.atLeast(0), "Time to live (ms)",
                "How long Redis keeps a value after it was written. 0 keeps it until it is deleted.");
        group.add(MAX_VALUE_BYTES, Type.INT, REDIS_MAX_VALUE_BYTES, Range.between(0, REDIS_MAX_VALUE_BYTES),
                "Largest value (bytes)",
                "A record with a larger value is a bad record: it goes to the dead letter queue. The default is what "
                        + "Redis takes, so that only the topic's max.message.bytes decides.");
        group.add(PIPELINE_BYTES, Type.INT, 16 << 20, Range.atLeast(1), "Pipeline (bytes)",
                "How many bytes are sent to Redis before its replies are waited for. A single larger value is sent "
                        + "alone.");
    }

    private static void failures(Group group) {
        group.add(CONNECT_TIMEOUT_MS, Type.INT, 5_000, Range.between(1, A_DAY_MS), "Connect timeout (ms)",
                "How long opening a connection may take, TLS and login included.");
        group.add(COMMAND_TIMEOUT_MS, Type.INT, 30_000, Range.between(1, A_DAY_MS), "Command timeout (ms)",
                "How long one pipeline may take, from its first byte to its last reply.");
        group.add(RETRY_TIMEOUT_MS, Type.LONG, 120_000L, Range.atLeast(WITHOUT_END), "Retry timeout (ms)",
                "How long a server that fails is tried again before the task fails. 0 fails at once, -1 never.");
        group.add(RETRY_BACKOFF_MS, Type.LONG, 200L, Range.between(1, A_DAY_MS), "Retry backoff (ms)",
                "Pause before the first retry. It doubles from one to the next.");
        group.add(RETRY_BACKOFF_MAX_MS, Type.LONG, 5_000L, Range.between(1, A_DAY_MS), "Longest retry backoff (ms)",
                "What the pause before a retry grows to.");
    }

    /** Adds what is wrong with settings that are right one by one, to the setting that is to be changed. */
    static List<ConfigValue> checkTogether(List<ConfigValue> values) {
        Map<String, ConfigValue> named = values.stream().collect(Collectors.toMap(ConfigValue::name, Function.identity()));
        if (named.get(USERNAME).value() != null && named.get(PASSWORD).value() == null) {
            named.get(PASSWORD).addErrorMessage(USERNAME + " is set, so " + PASSWORD + " must be set too.");
        }
        if (named.get(TLS_CERTIFICATES).value() != null && Boolean.FALSE.equals(named.get(TLS_ENABLED).value())) {
            named.get(TLS_ENABLED).addErrorMessage(
                    TLS_CERTIFICATES + " is set, which means nothing without TLS: set " + TLS_ENABLED + " to true.");
        }
        if (named.get(RETRY_BACKOFF_MS).value() instanceof Long first
                && named.get(RETRY_BACKOFF_MAX_MS).value() instanceof Long longest && longest < first) {
            named.get(RETRY_BACKOFF_MAX_MS).addErrorMessage(
                    RETRY_BACKOFF_MAX_MS + " is " + longest + ", which is below " + RETRY_BACKOFF_MS + " (" + first + ").");
        }
        return values;
    }

    boolean hasDeadLetterQueue() {
        String topic = originalsStrings().get(DEAD_LETTER_TOPIC);
        return topic != null && !topic.isBlank();
    }

    String server() {
        return getString(HOST) + ":" + getInt(PORT);
    }

    /** The password, or null. */
    String password() {
        Password password = getPassword(PASSWORD);
        return password == null ? null : password.value();
    }

    /** Settings that are shown together, in the order in which they are added. */
    private static final class Group {
        private final ConfigDef definition;
        private final String name;
        private int order;

        Group(ConfigDef definition, String name) {
            this.definition = definition;
            this.name = name;
        }

        void required(String key, Type type, Validator validator, String display, String doc) {
            add(key, type, ConfigDef.NO_DEFAULT_VALUE, validator, display, doc);
        }

        void add(String key, Type type, Object byDefault, Validator validator, String display, String doc) {
            Importance importance = name.equals("Server") ? Importance.HIGH : Importance.MEDIUM;
            definition.define(key, type, byDefault, validator, importance, doc, name, ++order, Width.MEDIUM, display);
        }
    }

    private static final class OptionalNonEmpty implements Validator {
        @Override
        public void ensureValid(String name, Object value) {
            if (value instanceof String text && text.isBlank()) {
                throw new ConfigException(name, value, "Leave it out, or give a name.");
            }
        }

        @Override
        public String toString() {
            return "not empty where it is set";
        }
    }

    private static final class Certificates implements Validator {
        @Override
        public void ensureValid(String name, Object value) {
            if (value instanceof String pem) {
                try {
                    Tls.certificates(pem);
                } catch (IllegalArgumentException error) {
                    // Not the text itself: it fills a screen.
                    throw new ConfigException(name + ": " + error.getMessage());
                }
            }
        }

        @Override
        public String toString() {
            return "certificates as PEM text";
        }
    }
}
