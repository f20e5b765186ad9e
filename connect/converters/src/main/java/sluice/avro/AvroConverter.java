package sluice.avro;

import io.apicurio.registry.utils.converter.avro.AvroData;
import io.apicurio.registry.utils.converter.avro.AvroDataConfig;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.avro.generic.GenericContainer;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.NonEmptyString;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;

/**
 * Converts Avro in Confluent's wire format: a zero byte, four bytes of schema id, the Avro body.
 *
 * <p>An invalid record is a DataException, which makes it a dead letter. A registry that is unavailable is retried
 * here, without a limit: Connect would retry a RetriableException, but if the task is stopped or moved meanwhile, it
 * makes a dead letter of the record all the same.
 */
public final class AvroConverter implements Converter {
    static final String URL = "schema.registry.url";

    private static final int HEADER_BYTES = 5;

    private final NullableDefaultRemover nullableDefaults = new NullableDefaultRemover();
    private SchemaCache schemas;
    private AvroData data;
    private boolean isKey;

    @Override
    public ConfigDef config() {
        return AvroDataConfig.baseConfigDef().define(URL, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new NonEmptyString(),
                Importance.HIGH,
                "URL of the registry's Confluent-compatible API, such as http://registry:8080/apis/ccompat/v7.");
    }

    @Override
    public void configure(Map<String, ?> settings, boolean isKeyConverter) {
        isKey = isKeyConverter;
        data = new AvroData(new AvroDataConfig(settings));
        String url = new AbstractConfig(config(), settings, false).getString(URL);
        schemas = new SchemaCache(new RegistryClient(url), new RegistryRetry());
    }

    @Override
    public SchemaAndValue toConnectData(String topic, byte[] value) {
        if (value == null) {
            return SchemaAndValue.NULL;
        }
        int id = readSchemaId(value);
        AvroCodec codec = schemas.byId(id);
        return data.toConnectData(codec.schema(), codec.decode(value, HEADER_BYTES, id));
    }

    @Override
    public byte[] fromConnectData(String topic, Schema schema, Object value) {
        Object datum = data.fromConnectData(
                nullableDefaults.removeFrom(schema), nullableDefaults.convert(schema, value));
        if (datum == null) {
            return null;
        }
        if (!(datum instanceof GenericContainer container)) {
            throw new DataException("a " + datum.getClass().getName() + " without a schema cannot be written as Avro");
        }
        int id = schemas.idOf(topic + (isKey ? "-key" : "-value"), container.getSchema());
        return AvroCodec.encode(container, ByteBuffer.allocate(HEADER_BYTES).put((byte) 0).putInt(id).array());
    }

    private static int readSchemaId(byte[] value) {
        if (value.length == 0) {
            throw new DataException("the value is empty: neither Avro nor null, which would be a deletion");
        }
        if (value[0] != 0) {
            throw new DataException(String.format("the value is not Avro: it begins with the byte 0x%02x%s, not with 0x00 "
                    + "and the id of a schema", value[0], value[0] == '{' ? ", as JSON does" : ""));
        }
        if (value.length < HEADER_BYTES) {
            throw new DataException("the value has " + value.length + " bytes: too few for the id of a schema");
        }
        return ByteBuffer.wrap(value, 1, Integer.BYTES).getInt();
    }
}
