package sluice.mysql.config;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.config.types.Password;
import sluice.registry.RegistrySettings;
import sluice.sink.Certificates;
import sluice.sink.OptionalNonEmpty;
import sluice.sink.RetryBackoff;
import sluice.sink.SettingGroup;

/** Settings of the connector. */
public final class MySqlSinkConfig extends AbstractConfig {
    public static final String URL = "connection.url";
    public static final String USERNAME = "connection.username";
    public static final String PASSWORD = "connection.password";
    public static final String CONNECT_TIMEOUT_MS = "connection.connect.timeout.ms";
    public static final String STATEMENT_TIMEOUT_MS = "connection.statement.timeout.ms";
    public static final String TLS_ENABLED = "connection.tls.enabled";
    public static final String TLS_CERTIFICATES = "connection.tls.trusted.certificates";
    public static final String TLS_VERIFY_HOSTNAME = "connection.tls.verify.hostname";
    public static final String TABLE_NAME_FORMAT = "table.name.format";
    public static final String TOPIC_TO_TABLE = "topic.to.table";
    public static final String WRITE_MODE = "write.mode";
    public static final String LOAD_MODE = "load.mode";
    static final String MISMATCH_MODE = "mismatch.mode";
    static final String PK_MODE = "pk.mode";
    static final String PK_FIELDS = "pk.fields";
    static final String KEY_MUST_EQUAL = "key.must.equal";
    public static final String VALUE_FORMAT = "value.format";
    private static final String REGISTRY_PREFIX = "value.";
    public static final String REGISTRY_URL = REGISTRY_PREFIX + RegistrySettings.URL;
    public static final String REGISTRY_USER_INFO = REGISTRY_PREFIX + RegistrySettings.USER_INFO;
    public static final String REGISTRY_CERTIFICATES = REGISTRY_PREFIX + RegistrySettings.CERTIFICATES;
    public static final String RETRY_TIMEOUT_MS = "retry.timeout.ms";
    public static final String RETRY_BACKOFF_MS = "retry.backoff.ms";
    public static final String RETRY_BACKOFF_MAX_MS = "retry.backoff.max.ms";
    public static final String EXACTLY_ONCE = "exactly.once";
    public static final String OFFSETS_TABLE = "offsets.table";

    public static final String AUTO = "auto";
    public static final String REPLACE = "replace";
    static final String UPSERT = "upsert";
    public static final String LOCAL_INFILE = "local.infile";
    public static final String INSERT = "insert";
    static final String FAIL = "fail";
    static final String DEAD_LETTER = "dead.letter";
    static final String RECORD_KEY = "record_key";
    static final String RECORD_VALUE = "record_value";
    static final String CONNECT = "connect";
    public static final String DETECT = "detect";

    /** How the message begins if the server does not allow what load.mode asks for. */
    public static final String LOCAL_INFILE_OFF = "local_infile is OFF";

    private static final String DEFAULT_OFFSETS_TABLE = "sluice_offsets";
    private static final int DAY_MS = 86_400_000;

    public MySqlSinkConfig(Map<String, String> properties) {
        super(definition(), properties, false);
        for (ConfigValue value : SettingChecks.check(definition().validate(properties), properties)) {
            for (String message : value.errorMessages()) {
                throw new ConfigException(message);
            }
        }
    }

    public static ConfigDef definition() {
        ConfigDef definition = new ConfigDef();
        database(new SettingGroup(definition, "Database", Importance.HIGH));
        tls(new SettingGroup(definition, "TLS", Importance.MEDIUM));
        tables(new SettingGroup(definition, "Tables", Importance.HIGH));
        records(new SettingGroup(definition, "Records", Importance.HIGH));
        failures(new SettingGroup(definition, "Retries", Importance.MEDIUM));
        delivery(new SettingGroup(definition, "Delivery", Importance.MEDIUM));
        return definition;
    }

    private static void database(SettingGroup group) {
        group.required(URL, Type.STRING, new DatabaseUrl.Form(), "URL",
                "Server and database: jdbc:mysql://host[:port]/database or jdbc:mariadb://host[:port]/database, "
                        + "without parameters. Both forms do for both servers.");
        group.required(USERNAME, Type.STRING, new NonEmptyString(), "User",
                "Database user. It needs SELECT, INSERT, UPDATE and DELETE on the tables; TRIGGER on a table lets the "
                        + "connector see that it has none, which makes writing faster; CREATE TEMPORARY TABLES on the "
                        + "database where a table has a trigger, a foreign key or a second unique index.");
        group.add(PASSWORD, Type.PASSWORD, null, null, "Password",
                "The user's password. Write ${env:NAME}, so that it is not stored in a file or a topic.");
        group.add(CONNECT_TIMEOUT_MS, Type.INT, 5_000, Range.between(1, DAY_MS), "Connect timeout (ms)",
                "How long opening a connection may take, TLS and login included.");
        group.add(STATEMENT_TIMEOUT_MS, Type.INT, 60_000, Range.between(1_000, DAY_MS), "Statement timeout (ms)",
                "How long one statement may take. Then the connection is ended, and the batch is tried again, after a "
                        + "COMMIT that is under way. Waits for locks end earlier, after half of it.");
    }

    private static void tls(SettingGroup group) {
        VisibleIf enabled = new VisibleIf(TLS_ENABLED, true);
        group.add(TLS_ENABLED, Type.BOOLEAN, false, null, "TLS", "Connect to the server over TLS.");
        group.add(TLS_CERTIFICATES, Type.STRING, null, new Certificates(), "Trusted certificates",
                "Certificate authorities to trust, as PEM text, for instance ${env:NAME}. "
                        + "Default: those that Java trusts.", enabled);
        group.add(TLS_VERIFY_HOSTNAME, Type.BOOLEAN, true, null, "Verify the host's name",
                "Reject a certificate that was not issued for the host of " + URL + ".", enabled);
    }

    private static void tables(SettingGroup group) {
        group.add(TABLE_NAME_FORMAT, Type.STRING, TopicTables.TOPIC, new NonEmptyString(), "Table",
                "Name of a topic's table; " + TopicTables.TOPIC + " is replaced by the topic's name.");
        group.add(TOPIC_TO_TABLE, Type.LIST, "", new TopicTables.Form(), "Topics to tables",
                "List of pattern:table, which goes before " + TABLE_NAME_FORMAT + ". A pattern is a regular expression "
                        + "for the topic's whole name, and $1 in a table's name is its first group; the first match "
                        + "wins. Example: cdc\\.shop\\.(.*):copy_of_$1");
        Choice writeModes = new Choice(AUTO, REPLACE, UPSERT);
        group.add(WRITE_MODE, Type.STRING, AUTO, writeModes, "Write mode",
                "replace: REPLACE, which deletes a row and inserts it again. upsert: a temporary table, from which "
                        + "rows are updated or inserted. auto: REPLACE where nobody can tell the difference (the table "
                        + "has no trigger, no foreign key, no second unique index, and the record has all columns), "
                        + "otherwise upsert.",
                writeModes);
        Choice loadModes = new Choice(AUTO, LOCAL_INFILE, INSERT);
        group.add(LOAD_MODE, Type.STRING, AUTO, loadModes, "Load mode",
                "local.infile: LOAD DATA LOCAL INFILE, for which the server's local_infile must be ON. insert: "
                        + "statements with many rows, which cost both sides more. auto: whichever the server allows.",
                loadModes);
        Choice mismatchModes = new Choice(FAIL, DEAD_LETTER);
        group.add(MISMATCH_MODE, Type.STRING, FAIL, mismatchModes, "On mismatch",
                "What to do if a field has no column, or a column without a default has no field. fail: stop the task "
                        + "and name both. dead.letter: set the record aside.", mismatchModes);
    }

    private static void records(SettingGroup group) {
        Choice modes = new Choice(RECORD_KEY, RECORD_VALUE);
        group.add(PK_MODE, Type.STRING, RECORD_KEY, modes, "Primary key from",
                "Where the values of the table's primary key are: in the record's key or in its value. Only with "
                        + "record_key does a null value delete a row. topic.<topic>." + PK_MODE + " is for one topic.",
                modes);
        group.add(PK_FIELDS, Type.LIST, "", null, "Primary key fields",
                "Column for a key that is a single value; names of fields of a key that is a struct, or of the value. "
                        + "Default: the columns of the table's primary key. "
                        + "topic.<topic>." + PK_FIELDS + " is for one topic.");
        group.add(KEY_MUST_EQUAL, Type.STRING, null, new OptionalNonEmpty(), "Key must equal",
                "Field of the value that must be the same whole number as the key; otherwise the record is bad.");
        Choice formats = new Choice(CONNECT, DETECT);
        group.add(VALUE_FORMAT, Type.STRING, CONNECT, formats, "Value format",
                "connect: what the value converter gives. detect: bytes (ByteArrayConverter), which are Avro or "
                        + "Protobuf with a schema of the registry, or JSON with its schema; found for each record. "
                        + "Avro is several times faster so.", formats);
        VisibleIf detecting = new VisibleIf(VALUE_FORMAT, DETECT);
        group.add(REGISTRY_URL, Type.STRING, null, new OptionalNonEmpty(), "Schema registry",
                "URL of the schema registry, for " + VALUE_FORMAT + "=" + DETECT + ".", detecting);
        group.add(REGISTRY_USER_INFO, Type.PASSWORD, null, RegistrySettings.USER_INFO_VALIDATOR, "Registry's user",
                RegistrySettings.USER_INFO_DOC, detecting);
        group.add(REGISTRY_CERTIFICATES, Type.STRING, null, RegistrySettings.CERTIFICATES_VALIDATOR,
                "Registry's trusted certificates", RegistrySettings.CERTIFICATES_DOC, detecting);
    }

    private static void failures(SettingGroup group) {
        group.add(RETRY_TIMEOUT_MS, Type.LONG, 120_000L, Range.atLeast(RetryBackoff.NO_TIMEOUT), "Retry timeout (ms)",
                "How long to retry a failing server before the task fails. 0: no retry, -1: no limit.");
        group.add(RETRY_BACKOFF_MS, Type.LONG, 200L, Range.between(1, DAY_MS), "Retry backoff (ms)",
                "Pause before the first retry; doubles with each retry.");
        group.add(RETRY_BACKOFF_MAX_MS, Type.LONG, 5_000L, Range.between(1, DAY_MS), "Longest retry backoff (ms)",
                "Longest pause between retries.");
    }

    private static void delivery(SettingGroup group) {
        group.add(OFFSETS_TABLE, Type.STRING, null, new OptionalNonEmpty(), "Offsets table",
                "Table of the database in which the offsets are kept too, written in the same transaction as the rows; "
                        + "the error message has the statement that creates it. Where the database has lost what it had "
                        + "acknowledged, the connector goes back by itself. Without it, offsets are only in Kafka.");
        group.add(EXACTLY_ONCE, Type.BOOLEAN, false, null, "Exactly once",
                "Go on from the offsets in " + OFFSETS_TABLE + " (by default " + DEFAULT_OFFSETS_TABLE + "), whatever "
                        + "Kafka's are: no record is written twice.");
    }

    public DatabaseUrl url() {
        return DatabaseUrl.parse(getString(URL));
    }

    /** Returns the password, or null. */
    public String password() {
        Password password = getPassword(PASSWORD);
        return password == null ? null : password.value();
    }

    /** Returns the table of the offsets, or null if they are not kept in the database. */
    public String offsetsTable() {
        String table = getString(OFFSETS_TABLE);
        return table == null && getBoolean(EXACTLY_ONCE) ? DEFAULT_OFFSETS_TABLE : table;
    }

    /** Returns the connector's name. */
    public String connectorName() {
        return originalsStrings().getOrDefault("name", "sluice");
    }

    /** Returns the settings of the registry, for value.format=detect. */
    public RegistrySettings registry() {
        return RegistrySettings.of(this, REGISTRY_PREFIX);
    }

    public RetryBackoff backoff() {
        return new RetryBackoff(RETRY_TIMEOUT_MS, getLong(RETRY_TIMEOUT_MS), getLong(RETRY_BACKOFF_MS),
                getLong(RETRY_BACKOFF_MAX_MS));
    }

    /** Returns how records of a topic become rows: a setting for the topic goes before the general one. */
    public RecordSettings recordSettings(String topic) {
        Map<String, String> all = originalsStrings();
        String mode = all.getOrDefault("topic." + topic + "." + PK_MODE, getString(PK_MODE));
        String fields = all.get("topic." + topic + "." + PK_FIELDS);
        List<String> keyFields = fields == null ? getList(PK_FIELDS) : List.of(fields.strip().split("\\s*,\\s*"));
        return new RecordSettings(
                mode.equals(RECORD_KEY), keyFields, getString(KEY_MUST_EQUAL), getString(MISMATCH_MODE).equals(FAIL));
    }
}
