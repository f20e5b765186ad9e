package sluice.protobuf;

import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import sluice.protobuf.read.Precision;
import sluice.protobuf.schema.ProtobufSchema;
import sluice.protobuf.schema.ProtobufSchemas;
import sluice.protobuf.write.RecordWriter;
import sluice.protobuf.write.SubjectWriters;
import sluice.registry.RegisteredSchema;
import sluice.registry.RegistryClient;
import sluice.registry.RegistryRetry;
import sluice.registry.RegistrySettings;
import sluice.registry.SchemaCache;
import sluice.registry.WireFormat;

/**
 * Converts Protobuf in Confluent's wire format: a zero byte, four bytes of schema id, the path of the message in the
 * schema, the body.
 *
 * <p>An invalid record is a DataException, which makes it a dead letter. A registry that is unavailable is waited for,
 * without a limit: Connect would retry a RetriableException, but if the task is stopped or moved meanwhile, it makes a
 * dead letter of the record all the same.
 */
public final class ProtobufConverter implements Converter {
    static final String PRECISION = "timestamp.precision";
    static final String UNKNOWN_FIELDS = "unknown.fields";

    private final Map<String, SubjectWriters> writers = new HashMap<>();
    private RegistryClient registry;
    private RegistryRetry retry;
    private SchemaCache<ProtobufSchema> schemas;
    private ProtobufDecoder decoder;
    private boolean isKey;

    @Override
    public ConfigDef config() {
        return RegistrySettings.define(new ConfigDef())
                .define(PRECISION, Type.STRING, "micros", ValidString.in("millis", "micros", "nanos"),
                        Importance.MEDIUM,
                        "What google.protobuf.Timestamp and google.type.TimeOfDay become: micros and nanos are numbers "
                        + "named io.debezium.time.MicroTimestamp and so on, millis is Connect's own Timestamp and "
                        + "Time. A value with more digits is an error, not rounded.")
                .define(UNKNOWN_FIELDS, Type.STRING, "fail", ValidString.in("fail", "ignore"), Importance.LOW,
                        "What happens to a value with fields that its schema has not: an error, or the fields are left "
                        + "out. They are there if a producer writes with a newer schema than it names.");
    }

    @Override
    public void configure(Map<String, ?> settings, boolean isKeyConverter) {
        isKey = isKeyConverter;
        AbstractConfig config = new AbstractConfig(config(), settings, false);
        registry = new RegistryClient(RegistrySettings.of(config, ""));
        retry = new RegistryRetry();
        schemas = new SchemaCache<>(registry, retry, new ProtobufSchemas(registry, retry)::parse);
        decoder = new ProtobufDecoder(
                Precision.of(config.getString(PRECISION)), config.getString(UNKNOWN_FIELDS).equals("ignore"));
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] value) {
        if (value == null) {
            return SchemaAndValue.NULL;
        }
        return decoder.decode(value, schemas.byId(WireFormat.readSchemaId(value, "Protobuf")));
    }

    @Override
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
        if (value == null) {
            return null;
        }
        if (schema == null || schema.type() != Schema.Type.STRUCT) {
            String type = schema == null ? value.getClass().getName() + " without a schema" : schema.type().toString();
            throw new DataException("a " + type + " cannot be written as Protobuf, only a struct can; "
                    + "for keys there is StringConverter");
        }
        ConnectSchema.validateValue(schema, value);
        String subject = topic + (isKey ? "-key" : "-value");
        RecordWriter writer = writers
                .computeIfAbsent(subject, name -> new SubjectWriters(registry, retry, name)).of(schema);
        Message message = writer.message((Struct) value);
        return RecordWriter.encode(
                message, schemas.idOf(subject, RegisteredSchema.PROTOBUF, writer.text(), text -> text));
    }
}
